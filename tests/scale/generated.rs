//! A large FAQ: sentences of the embedded one, recombined around invented things.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use faq::{Faq, Topic};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

/// What every topic of the embedded FAQ leans on.
const CONSTANTS: &str = include_str!("../../faq/constants.toml");
const DOCUMENTS: &str = include_str!("../../faq/documents.toml");

const SHOWN_PER_TOPIC: usize = 8;
const AUTHORED_PER_TOPIC: usize = 20;
const SENTENCES_PER_TOPIC: usize = 12;
/// A file of authored questions stays well below the largest that is read.
const TOPICS_PER_FILE: usize = 500;
/// A question that is longer than what may be authored is taken from elsewhere.
const QUESTION_CHARS_MAX: usize = 900;

/// Sounds of invented words, so combined as no Vietnamese syllable is: a vocabulary that only repeats the known words would not grow.
const BEGINNINGS: [&str; 16] = ["bl", "cr", "dr", "f", "fl", "gr", "j", "kl", "pr", "sk", "st", "tw", "v", "w", "z", "zh"];
const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "á", "ề", "ợ"];
const JOINTS: [&str; 12] = ["b", "d", "ft", "g", "lm", "lt", "nd", "r", "sk", "v", "x", "zz"];
const ENDS: [&str; 8] = ["", "f", "k", "l", "ng", "r", "s", "x"];

/// Makes topics; equal seeds make equal ones.
pub(crate) struct Generator<'a> {
    faq: &'a Faq,
    /// The questions of each topic, shown and authored, by its position.
    questions: Vec<Vec<&'a str>>,
    /// The sentences of each answer, by the position of its topic.
    sentences: Vec<Vec<String>>,
    random: StdRng,
    /// What has been invented so far.
    words: Vec<String>,
}

/// One topic: whose sentences it has, and what it is about.
pub(crate) struct Recipe {
    pub(crate) id: String,
    sources: [usize; 2],
    things: [String; 3],
}

impl<'a> Generator<'a> {
    pub(crate) fn new(faq: &'a Faq, seed: u64) -> Generator<'a> {
        let questions = faq.topics().iter().map(|topic| {
            let authored = faq.authored().iter().filter(|question| question.topic == topic.id).map(|question| question.text.as_str());
            let all = topic.questions.iter().map(String::as_str).chain(authored);
            all.filter(|text| text.chars().count() <= QUESTION_CHARS_MAX).collect()
        });
        Generator {
            faq,
            questions: questions.collect(),
            sentences: faq.topics().iter().map(sentences).collect(),
            random: StdRng::seed_from_u64(seed),
            words: Vec::new(),
        }
    }

    /// Writes a FAQ of so many topics, laid out as the project's own; returns what they were made of.
    pub(crate) fn write(&mut self, folder: &Path, topics: usize) -> Result<Vec<Recipe>> {
        fs::create_dir_all(folder.join("questions"))?;
        fs::write(folder.join("constants.toml"), CONSTANTS)?;
        fs::write(folder.join("documents.toml"), DOCUMENTS)?;
        for topic in self.faq.topics() {
            fs::create_dir_all(folder.join("content").join(topic.id.domain()))?;
        }
        let mut recipes = Vec::with_capacity(topics);
        let mut authored = String::new();
        for number in 0..topics {
            let recipe = self.recipe(number);
            let file = folder.join("content").join(format!("{}.md", recipe.id));
            fs::write(&file, self.topic(&recipe)?).with_context(|| format!("writing {}", file.display()))?;
            for _ in 0..AUTHORED_PER_TOPIC {
                writeln!(authored, "{}\tgenerated\t{}", recipe.id, self.question(&recipe))?;
            }
            if (number + 1) % TOPICS_PER_FILE == 0 || number + 1 == topics {
                let file = folder.join(format!("questions/{number:06}.tsv"));
                fs::write(file, format!("topic\tregister\tquestion\n{authored}"))?;
                authored.clear();
            }
            recipes.push(recipe);
        }
        Ok(recipes)
    }

    /// A question about a topic, most likely another one than those written: halves of two sentences around two of its things.
    pub(crate) fn question(&mut self, recipe: &Recipe) -> String {
        let halves = recipe.sources.map(|source| {
            let sentence = self.questions[source].choose(&mut self.random).copied().unwrap_or("");
            sentence.split_whitespace().collect::<Vec<_>>()
        });
        let [first, second] = &halves;
        let (first, second) = (&first[..first.len().div_ceil(2)], &second[second.len() / 2..]);
        let things: Vec<&str> = recipe.things.choose_multiple(&mut self.random, 2).map(String::as_str).collect();
        let words = first.iter().chain(&things[..1]).chain(second).chain(&things[1..]);
        words.copied().collect::<Vec<_>>().join(" ")
    }

    fn recipe(&mut self, number: usize) -> Recipe {
        let topics = self.faq.topics();
        let sources: [usize; 2] = std::array::from_fn(|_| self.random.random_range(0..topics.len()));
        let known = self.words.choose(&mut self.random).cloned().unwrap_or_else(|| invented(&mut self.random));
        let things = [invented(&mut self.random), invented(&mut self.random), known];
        self.words.extend_from_slice(&things[..2]);
        Recipe { id: format!("{}/generated-{number:06}", topics[sources[0]].id.domain()), sources, things }
    }

    /// The file of a topic.
    fn topic(&mut self, recipe: &Recipe) -> Result<String> {
        let source = &self.faq.topics()[recipe.sources[0]];
        let basis = &source.basis[0];
        let questions: Vec<String> = (0..SHOWN_PER_TOPIC).map(|_| self.question(recipe)).collect();
        // A string of JSON is one of TOML.
        let (title, questions) = (json!(format!("{} {}", source.title, recipe.things.join(" "))), json!(questions));
        let (document, article) = (json!(basis.document), json!(basis.article));
        let mut text = format!(
            "+++\ntitle = {title}\nquestions = {questions}\nbasis = [{{ document = {document}, article = {article} }}]\n\
             effective_from = {}\nreviewed = {}\nreview_by = {}\nrelated = []\nactions = []\naliases = []\n+++\n",
            source.effective_from, source.reviewed, source.review_by
        );
        for at in 0..SENTENCES_PER_TOPIC {
            let from = recipe.sources[at % 2];
            let sentence = self.sentences[from].choose(&mut self.random).map_or("", String::as_str);
            let thing = recipe.things.choose(&mut self.random).map_or("", String::as_str);
            let mark = match at {
                // The short answer.
                0 => "",
                1 => "\n- ",
                _ => "- ",
            };
            writeln!(text, "{mark}{thing} {sentence}")?;
        }
        Ok(text)
    }
}

/// What an answer says, without what Markdown would read as a mark.
fn sentences(topic: &Topic) -> Vec<String> {
    let text = topic.plain_text();
    let plain = |letter: char| if matches!(letter, '*' | '_' | '[' | ']' | '<' | '>' | '`' | '#' | '\\' | '&') { ' ' } else { letter };
    text.split(['\n', '.', ';'])
        .map(|sentence| sentence.chars().map(plain).collect::<String>().trim().to_owned())
        // A piece of an amount cannot be resolved.
        .filter(|sentence| sentence.split_whitespace().count() >= 3 && !sentence.contains(['{', '}']))
        .collect()
}

fn invented(random: &mut StdRng) -> String {
    let mut sound = |sounds: &[&'static str]| sounds.choose(random).copied().unwrap_or("");
    [sound(&BEGINNINGS), sound(&MIDDLES), sound(&JOINTS), sound(&MIDDLES), sound(&ENDS)].concat()
}
