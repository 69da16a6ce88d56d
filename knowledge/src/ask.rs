//! [`Knowledge`]: the FAQ, ready to be asked.

use std::sync::Arc;

use faq::{Faq, TopicId};

use crate::confidence::{FEATURES, Features, features};
use crate::corpus::Subject;
use crate::decide::{Candidate, Decision, Lead, decide};
use crate::engine::{ANALYZER_VERSION, Engine, Ranked};
use crate::intent;
use crate::mask::without_secrets;
use crate::network::{Network, NetworkError};
use crate::rank::Asked;
use crate::text::question::Question;
use crate::text::words::Word;
use crate::trace::{CandidateTrace, EVIDENCE_CANDIDATES_MAX, EVIDENCE_TERMS_MAX, QueryTrace, Trace};
use crate::weights::Weights;

/// The FAQ with its index: immutable, shared between threads, replaced as a whole when the content changes.
pub struct Knowledge {
    faq: Arc<Faq>,
    engine: Engine,
    weights: Weights,
    network: Arc<Network>,
    version: String,
}

/// The index cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The embedded weights do not parse: the binary is broken.
    #[error("data/confidence.json does not parse")]
    Weights(#[from] serde_json::Error),
    /// The embedded network cannot be read: the binary is broken.
    #[error("data/network.bin")]
    Network(#[from] NetworkError),
    /// tantivy refused a document.
    #[error("the index cannot be built")]
    Index(#[from] tantivy::TantivyError),
}

/// What is known about the conversation when a question is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskContext<'a> {
    /// The topic answered last, which a follow-up question may lean on.
    pub last_topic: Option<&'a TopicId>,
}

/// A question, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Best first, at most 10; equal scores by topic id. Empty for an intent that is recognised by its words.
    pub candidates: Vec<Candidate>,
    /// What to do.
    pub decision: Decision,
    /// The question as it was understood, for "Mình hiểu là: …"; `None` when no token was repaired.
    pub understood: Option<String>,
    /// What decided it.
    pub trace: Trace,
}

impl Knowledge {
    /// Builds the index, in memory, with the weights that the binary carries.
    pub fn build(faq: Arc<Faq>) -> Result<Knowledge, BuildError> {
        let weights = serde_json::from_str(include_str!("../data/confidence.json"))?;
        Knowledge::with_weights(faq, weights, &Arc::new(Network::embedded()?))
    }

    /// As [`Knowledge::build`], with other weights and another network: to judge a fit before it is kept.
    pub fn with_weights(faq: Arc<Faq>, weights: Weights, network: &Arc<Network>) -> Result<Knowledge, BuildError> {
        let engine = Engine::build(&faq, |_| true, &weights.fusion, network)?;
        let version = format!("a{ANALYZER_VERSION}-{}-{}-{}", faq.version(), weights.digest(), network.digest());
        Ok(Knowledge { faq, engine, weights, network: Arc::clone(network), version })
    }

    /// The same weights and network over other content.
    pub fn over(&self, faq: Arc<Faq>) -> Result<Knowledge, BuildError> {
        Knowledge::with_weights(faq, self.weights.clone(), &self.network)
    }

    /// The FAQ that is answered from.
    pub fn faq(&self) -> &Faq {
        &self.faq
    }

    /// The versions of the analyzer, the content and the weights: equal versions give equal readings.
    pub fn index_version(&self) -> &str {
        &self.version
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Understands a message. Any text is read in bounded time; the same text in the same context always gives the same reading.
    pub fn ask(&self, question: &str, context: &AskContext<'_>) -> Reading {
        let question = self.engine.read(&without_secrets(question));
        if let Some(intent) = intent::of_words(&question.all_words) {
            return Reading {
                candidates: Vec::new(),
                decision: Decision::Intent(intent),
                understood: question.understood.clone(),
                trace: self.trace(&question),
            };
        }
        let ranked = self.engine.rank(question, context.last_topic);
        let corpus = &self.engine.corpus;
        let judged = self.judge(&ranked);
        let candidates: Vec<Candidate> = judged
            .iter()
            .filter_map(|&Judged { number, probability, .. }| match corpus.subject(number) {
                Subject::Topic(id) => Some(Candidate { topic: id.clone(), probability, score: f64::from(ranked.ranking.fused[number]) }),
                Subject::Lookup | Subject::Outside(_) => None,
            })
            .collect();
        let lead = match judged.first().map(|first| (corpus.subject(first.number), first.probability)) {
            Some((Subject::Lookup, probability)) => Lead::Lookup(probability),
            Some((Subject::Outside(_), _)) => Lead::Outside,
            Some((Subject::Topic(_), _)) | None => Lead::Topic,
        };
        let decision = decide(&candidates, lead, &self.weights.thresholds);
        let mut trace = self.trace(&ranked.question);
        trace.context = ranked.context.map(|context| corpus.topics[context.topic].clone());
        trace.candidates = self.candidate_traces(&ranked, &judged);
        trace.features = judged.first().map(|first| FEATURES.into_iter().zip(first.features).collect()).unwrap_or_default();
        Reading { candidates, decision, understood: ranked.question.understood, trace }
    }

    /// The candidates with their probabilities, best first.
    fn judge(&self, ranked: &Ranked) -> Vec<Judged> {
        let numbers = self.engine.best(&ranked.ranking);
        let features = features(&self.engine, ranked, &numbers);
        let probabilities = self.weights.confidence.probabilities(&features);
        let judged = numbers.into_iter().zip(probabilities).zip(features);
        judged.map(|((number, probability), features)| Judged { number, probability, features }).collect()
    }

    fn trace(&self, question: &Question) -> Trace {
        let spell = |words: &[Word]| words.iter().map(|word| word.syl.as_ref()).collect::<Vec<_>>().join(" ");
        Trace {
            index_version: self.version.clone(),
            query: QueryTrace {
                words: question.words.iter().map(|word| word.syl.to_string()).collect(),
                accented: question.accented,
                alternatives: question.alternatives.iter().map(|words| spell(words)).collect(),
                repairs: question.repairs.clone(),
                unknown: question.unknown.iter().map(|word| word.syl.to_string()).collect(),
            },
            context: None,
            candidates: Vec::new(),
            features: Default::default(),
            thresholds: self.weights.thresholds,
        }
    }

    fn candidate_traces(&self, ranked: &Ranked, judged: &[Judged]) -> Vec<CandidateTrace> {
        let Ranked { terms, features, borrowed, context, ranking, .. } = ranked;
        let asked = Asked { terms, features, borrowed, context: *context };
        let columns = self.engine.ranker.columns();
        judged
            .iter()
            .enumerate()
            .map(|(place, &Judged { number, probability, .. })| {
                let mut evidence = Vec::new();
                if place < EVIDENCE_CANDIDATES_MAX {
                    evidence = self.engine.ranker.evidence(&asked, number);
                    evidence.truncate(EVIDENCE_TERMS_MAX);
                }
                CandidateTrace {
                    subject: self.engine.corpus.name(number),
                    probability,
                    score: f64::from(ranking.fused[number]),
                    parts: columns.iter().zip(&ranking.parts).map(|(column, part)| (column.name, f64::from(part[number]))).collect(),
                    evidence: evidence.into_iter().map(|(term, part)| (self.engine.spell(term), f64::from(part))).collect(),
                }
            })
            .collect()
    }
}

/// A candidate with its probability.
struct Judged {
    number: usize,
    probability: f64,
    features: Features,
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::intent::Intent;
    use crate::text::chars::QUESTION_CHARS_MAX;
    use proptest::prelude::*;

    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
        let faq = Faq::embedded().unwrap_or_else(|error| panic!("{error}"));
        Knowledge::build(Arc::new(faq)).expect("the index builds")
    });

    fn ask(question: &str) -> Reading {
        KNOWLEDGE.ask(question, &AskContext::default())
    }

    fn first(question: &str) -> String {
        ask(question).candidates.first().map(|candidate| candidate.topic.to_string()).unwrap_or_default()
    }

    #[test]
    fn however_it_is_typed_the_topic_is_the_same() {
        let clean = first("quên mật khẩu vssid");
        assert!(clean.starts_with("vssid/forgot-password"), "{clean}");
        for typed in [
            "QUÊN MẬT KHẨU VSSID",
            "quen mat khau vssid thi lam sao z ad",
            "queen maatj khaaur vssid",
            "que6n ma65t kha6u3 vssid",
            "Dạ cho em hỏi quên mật khẩu vssid ạ, em cảm ơn",
            "quên mkhau vssid",
            "quenmatkhau vssid",
            "quên mật kẩhu vssid",
        ] {
            assert_eq!(first(typed), clean, "{typed}");
        }
    }

    #[test]
    fn only_a_repair_is_read_back() {
        assert_eq!(ask("queen maatj khaaur vssid").understood.as_deref(), Some("quên mật khẩu vssid"));
        assert_eq!(ask("quen mat khau vssid").understood, None);
    }

    #[test]
    fn small_talk_is_no_question() {
        for (text, intent) in [("xin chào", Intent::Greeting), ("🙂🙂", Intent::Empty), ("cho gặp nhân viên", Intent::Human)] {
            let reading = ask(text);
            assert_eq!(reading.decision, Decision::Intent(intent), "{text}");
            assert!(reading.candidates.is_empty());
        }
    }

    #[test]
    fn asking_for_the_own_file_starts_the_lookup() {
        for text in ["kiểm tra giúp tôi đóng được bao nhiêu tháng", "nhờ ad tra cứu giúp em quá trình đóng bhxh của em với"]
        {
            assert_eq!(ask(text).decision, Decision::Intent(Intent::Lookup), "{text}");
        }
    }

    #[test]
    fn strangers_are_not_answered() {
        for text in ["giá vàng sjc hôm nay", "vượt đèn đỏ phạt bao nhiêu", "cách nấu phở bò ngon"] {
            assert!(matches!(ask(text).decision, Decision::Miss { .. }), "{text}");
        }
    }

    #[test]
    fn a_follow_up_leans_on_the_last_topic() {
        let last = TopicId::parse("bhxh/maternity-conditions").expect("an id");
        let question = "thế còn chồng thì sao?";
        let leaning = KNOWLEDGE.ask(question, &AskContext { last_topic: Some(&last) });
        assert_eq!(leaning.candidates[0].topic.as_str(), "bhxh/maternity-father-leave");
        assert_eq!(leaning.trace.context, Some(last));
        assert_eq!(ask(question).trace.context, None);
        let unrelated = KNOWLEDGE.ask(
            "quên mật khẩu vssid thì lấy lại thế nào",
            &AskContext { last_topic: TopicId::parse("bhxh/maternity-conditions").as_ref() },
        );
        assert_eq!(unrelated.trace.context, None, "a question that stands alone does not lean");
    }

    #[test]
    fn secrets_are_not_searched_for() {
        let reading = ask("mã số bhxh của tôi là 7916123456 thì tra quá trình đóng ở đâu");
        assert!(!reading.trace.query.words.iter().any(|word| word.contains("7916123456")));
    }

    #[test]
    fn every_shown_paraphrase_finds_its_topic() {
        let faq = KNOWLEDGE.faq();
        let asked: Vec<(&TopicId, &String)> =
            faq.topics().iter().flat_map(|topic| topic.questions.iter().map(move |question| (&topic.id, question))).collect();
        let found = asked.iter().filter(|(topic, question)| ask(question).candidates.iter().take(3).any(|found| found.topic == **topic));
        // A thin floor against a broken chain; quality is measured on real questions.
        assert!(found.count() * 100 >= asked.len() * 95, "of {}", asked.len());
    }

    #[test]
    fn hostile_texts_are_read_in_bounds() {
        for text in [
            "a".repeat(1_000_000),
            "mật khẩu ".repeat(100_000),
            "😀".repeat(10_000),
            "\u{301}".repeat(100_000),
            "\u{0}\u{1}\u{7f}\u{202e}".repeat(10_000),
            "0912345678".repeat(50_000),
            "<script>alert(1)</script>' or 1=1; drop table topic; --".to_owned(),
        ] {
            let reading = ask(&text);
            assert!(reading.trace.query.words.len() <= 2 * QUESTION_CHARS_MAX);
            assert!(reading.candidates.len() <= 10);
        }
    }

    #[test]
    fn a_stored_summary_is_small() {
        let reading = ask(&"tooi muoons hoir veef baor hieemr xax hooij mootj laanf ".repeat(20));
        let json = serde_json::to_string(&reading.trace.summary()).expect("a summary is JSON");
        assert!(json.len() < 2_000, "{}", json.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_is_read_the_same_way_twice(text in "(\\PC|[a-zà-ỹ ]){0,80}") {
            let reading = ask(&text);
            let sum: f64 = reading.candidates.iter().map(|candidate| candidate.probability).sum();
            prop_assert!(sum <= 1.0 + 1e-9);
            prop_assert!(reading.candidates.windows(2).all(|pair| pair[0].score >= pair[1].score && pair[0].probability >= pair[1].probability));
            prop_assert_eq!(ask(&text), reading);
        }
    }
}
