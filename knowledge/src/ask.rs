//! [`Knowledge`]: the FAQ, ready to be asked.

use std::sync::Arc;

use faq::{Faq, TopicId};
use jiff::civil::Date;
use serde::Serialize;

use crate::confidence::{FEATURES, Features, features};
use crate::corpus::{Labelled, Subject};
use crate::decide::{Candidate, Decision, Lead, decide};
use crate::engine::{ANALYZER_VERSION, Engine, RANKER_VERSION, Ranked};
use crate::groups::{self, Group};
use crate::intent;
use crate::mask::without_secrets;
use crate::network::{Network, NetworkError};
use crate::rank::Asked;
use crate::text::parts::{self, Parts};
use crate::text::question::Question;
use crate::text::time::{self, AskedTime};
use crate::text::words::Word;
use crate::trace::{CandidateTrace, EVIDENCE_CANDIDATES_MAX, EVIDENCE_TERMS_MAX, QueryTrace, Trace};
use crate::weights::{Thresholds, Weights};

/// In a longer question a date has no weight in the ranking.
const UNDATED_WORDS_MAX: usize = 40;

/// The FAQ with its index: immutable, shared between threads, replaced as a whole when the content changes.
pub struct Knowledge {
    faq: Arc<Faq>,
    engine: Engine,
    weights: Weights,
    network: Arc<Network>,
    version: String,
}

/// What the binary carries for the ranking cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The embedded weights do not parse: the binary is broken.
    #[error("data/confidence.json does not parse")]
    Weights(#[from] serde_json::Error),
    /// The embedded network cannot be read: the binary is broken.
    #[error("data/network.bin")]
    Network(#[from] NetworkError),
}

/// What is known about the conversation when a question is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct AskContext<'a> {
    /// The topic answered last, which a follow-up question may lean on.
    pub last_topic: Option<&'a TopicId>,
    /// The day of the question, from which "năm ngoái" counts; `None` reads no time.
    pub today: Option<Date>,
}

/// The question after the first in a message that asks several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextQuestion {
    /// As written.
    pub question: String,
    /// The same with whatever follows it: to be asked next.
    pub text: String,
}

/// A question, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Best first, at most 10; equal scores by topic id. Empty for an intent that is recognised by its words; the last topic alone when
    /// only its time is asked.
    pub candidates: Vec<Candidate>,
    /// What to do.
    pub decision: Decision,
    /// The question as it was understood, for "Mình hiểu là: …"; `None` when no token was repaired.
    pub understood: Option<String>,
    /// The time that is asked about; `None` when none is named.
    pub time: Option<AskedTime>,
    /// A second question of the message; the rest of the reading is about the first.
    pub next: Option<NextQuestion>,
    /// What decided it.
    pub trace: Trace,
}

impl Knowledge {
    /// Builds the index, in memory, with the weights that the binary carries.
    ///
    /// Errors: the binary is broken, and they cannot be read.
    pub fn build(faq: Arc<Faq>) -> Result<Knowledge, BuildError> {
        Ok(Knowledge::with_weights(faq, Weights::embedded()?, &Arc::new(Network::embedded()?)))
    }

    /// As [`Knowledge::build`], with other weights and another network: to judge a fit before it is kept.
    pub fn with_weights(faq: Arc<Faq>, weights: Weights, network: &Arc<Network>) -> Knowledge {
        Knowledge::over_questions(faq, |_| true, weights, network)
    }

    /// As [`Knowledge::with_weights`], over the questions of ours that `keep` chooses.
    pub(crate) fn over_questions(
        faq: Arc<Faq>,
        keep: impl Fn(&Labelled<'_>) -> bool,
        weights: Weights,
        network: &Arc<Network>,
    ) -> Knowledge {
        let engine = Engine::build(&faq, keep, &weights.fusion, network);
        let version = format!("a{ANALYZER_VERSION}r{RANKER_VERSION}-{}-{}-{}", faq.version(), weights.digest(), network.digest());
        Knowledge { faq, engine, weights, network: Arc::clone(network), version }
    }

    /// The same weights and network over other content.
    pub fn over(&self, faq: Arc<Faq>) -> Knowledge {
        Knowledge::with_weights(faq, self.weights.clone(), &self.network)
    }

    /// The FAQ that is answered from.
    pub fn faq(&self) -> &Faq {
        &self.faq
    }

    /// The versions of the analyzer and the ranker, the content and the weights: equal versions give equal readings.
    pub fn index_version(&self) -> &str {
        &self.version
    }

    /// The weights in use.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Understands a message. Any text is read in bounded time; the same text in the same context always gives the same reading.
    pub fn ask(&self, question: &str, context: &AskContext<'_>) -> Reading {
        self.ask_at(question, context, &self.weights.thresholds)
    }

    /// As [`Knowledge::ask`], deciding at other thresholds: to see what they would change.
    pub fn ask_at(&self, question: &str, context: &AskContext<'_>, thresholds: &Thresholds) -> Reading {
        let text = without_secrets(question);
        let question = self.engine.read(&text);
        if let Some(intent) = intent::of_words(&question.all_words) {
            return Reading {
                candidates: Vec::new(),
                decision: Decision::Intent(intent),
                understood: question.understood.clone(),
                time: None,
                next: None,
                trace: self.trace(&question),
            };
        }
        let time = context.today.and_then(|today| time::read(&question.dated_words, today));
        if let Some(topic) = context.last_topic.filter(|_| time.as_ref().is_some_and(|time| time.alone)) {
            return Reading {
                candidates: vec![Candidate { topic: topic.clone(), probability: 1.0, score: 0.0 }],
                decision: Decision::Answer,
                understood: question.understood.clone(),
                time,
                next: None,
                trace: Trace { context: Some(topic.clone()), ..self.trace(&question) },
            };
        }
        let reading = Reading { time, ..self.decide_on(question, context.last_topic, thresholds) };
        // Whatever is looked at besides costs at most two more rankings.
        let better = match (&reading.decision, parts::of(&text)) {
            (Decision::Intent(_), _) | (Decision::Answer, None) => None,
            // Two questions at once leave a doubt that neither has on its own.
            (Decision::Answer, Some(parts)) => {
                let doubtful = reading.candidates.first().map_or(0.0, |first| first.probability);
                self.first_of_two(&parts, doubtful, context, thresholds)
            }
            (Decision::Clarify { .. } | Decision::Miss { .. }, Some(parts)) => self.first_of_two(&parts, 0.0, context, thresholds),
            (Decision::Clarify { .. } | Decision::Miss { .. }, None) => self.without_its_time(&reading, context, thresholds),
        };
        better.unwrap_or(reading)
    }

    /// The reading of the first of two questions, when each on its own would be answered with more than this probability, and not by the
    /// same topic.
    fn first_of_two(&self, parts: &Parts<'_>, doubtful: f64, context: &AskContext<'_>, thresholds: &Thresholds) -> Option<Reading> {
        let answered = |part: &str| {
            let question = self.engine.read(part);
            if intent::of_words(&question.all_words).is_some() {
                return None;
            }
            let time = context.today.and_then(|today| time::read(&question.dated_words, today));
            let reading = Reading { time, ..self.decide_on(question, None, thresholds) };
            let surer = reading.candidates.first().is_some_and(|first| first.probability > doubtful);
            (surer && reading.decision == Decision::Answer).then_some(reading)
        };
        // The second is the shorter as a rule, and asks nothing on its own as a rule: it costs least to see that there is but one.
        let second = answered(parts.second)?;
        let first = answered(parts.first)?;
        let topic = |reading: &Reading| reading.candidates.first().map(|first| first.topic.clone());
        let next = NextQuestion { question: parts.second.to_owned(), text: parts.following.to_owned() };
        (topic(&first) != topic(&second)).then_some(Reading { next: Some(next), ..first })
    }

    /// The answer that a question would have but for its date, which no answer names: only of the topic that ranks first with it.
    fn without_its_time(&self, reading: &Reading, context: &AskContext<'_>, thresholds: &Thresholds) -> Option<Reading> {
        let time = reading.time.as_ref().filter(|time| time.rest_words <= UNDATED_WORDS_MAX)?;
        let undated = self.decide_on(self.engine.read(&time.rest), context.last_topic, thresholds);
        let first = |reading: &Reading| reading.candidates.first().map(|first| first.topic.clone());
        let same = undated.decision == Decision::Answer && first(&undated) == first(reading);
        same.then(|| Reading { understood: reading.understood.clone(), time: reading.time.clone(), ..undated })
    }

    /// Ranks the topics for a question and decides; reads no time.
    fn decide_on(&self, question: Question, last_topic: Option<&TopicId>, thresholds: &Thresholds) -> Reading {
        let ranked = self.engine.rank(question, last_topic);
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
            Some((Subject::Outside(_), probability)) => Lead::Outside(probability),
            Some((Subject::Topic(_), _)) | None => Lead::Topic,
        };
        let decision = decide(&candidates, lead, thresholds);
        let mut trace = self.trace(&ranked.question);
        trace.context = ranked.context.map(|context| corpus.topics[context.topic].clone());
        trace.candidates = self.candidate_traces(&ranked, &judged);
        trace.features = judged.first().map(|first| FEATURES.into_iter().zip(first.features).collect()).unwrap_or_default();
        Reading { candidates, decision, understood: ranked.question.understood, time: None, next: None, trace }
    }

    /// Groups questions that ask much the same, the largest group first; each question is in one group. The work grows with the
    /// number of questions, not with its square.
    pub fn group(&self, questions: &[&str]) -> Vec<Group> {
        groups::group(&self.engine, questions)
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
        let leaning = KNOWLEDGE.ask(question, &AskContext { last_topic: Some(&last), today: None });
        assert_eq!(leaning.candidates[0].topic.as_str(), "bhxh/maternity-father-leave");
        assert_eq!(leaning.trace.context, Some(last));
        assert_eq!(ask(question).trace.context, None);
        let unrelated = KNOWLEDGE.ask(
            "quên mật khẩu vssid thì lấy lại thế nào",
            &AskContext { last_topic: TopicId::parse("bhxh/maternity-conditions").as_ref(), today: None },
        );
        assert_eq!(unrelated.trace.context, None, "a question that stands alone does not lean");
    }

    #[test]
    fn a_time_does_not_cost_the_answer() {
        let context = AskContext { last_topic: None, today: Some(jiff::civil::date(2026, 11, 25)) };
        let answer = |question: &str| {
            let reading = KNOWLEDGE.ask(question, &context);
            reading.candidates.first().filter(|_| reading.decision == Decision::Answer).map(|first| first.topic.clone())
        };
        let questions: Vec<&String> = KNOWLEDGE.faq().topics().iter().filter_map(|topic| topic.questions.first()).collect();
        let (mut answered, mut kept) = (0, 0);
        for question in questions {
            let Some(topic) = answer(question) else { continue };
            for dated in [format!("{question} năm ngoái"), format!("{question} tháng 5/2026"), format!("trước ngày 1/7/2025 {question}")]
            {
                answered += 1;
                kept += usize::from(answer(&dated).as_ref() == Some(&topic));
            }
        }
        assert!(kept * 100 >= answered * 97, "{kept} of {answered}");
    }

    #[test]
    fn two_questions_are_told_from_one() {
        let split = |text: &str| {
            let reading = ask(text);
            let next = reading.next?;
            Some((reading.candidates.first()?.topic.to_string(), first(&next.question)))
        };
        for text in ONE_QUESTION {
            assert_eq!(split(text), None, "{text}");
        }
        let mut found = 0;
        for (text, first, second) in TWO_QUESTIONS {
            if let Some((one, other)) = split(text) {
                assert_eq!((one.as_str(), other.as_str()), (*first, *second), "{text}");
                found += 1;
            } else {
                println!("not told apart: {text} {:?}", ask(text).decision);
            }
        }
        // Whether both are answered without doubt is the fit's affair; most are.
        assert!(found * 10 >= TWO_QUESTIONS.len() * 8, "{found} of {}", TWO_QUESTIONS.len());
    }

    #[test]
    fn a_time_alone_asks_for_the_last_topic() {
        let last = TopicId::parse("bhxh/maternity-one-off-allowance").expect("an id");
        let today = Some(jiff::civil::date(2026, 11, 25));
        let reading = KNOWLEDGE.ask("thế năm ngoái?", &AskContext { last_topic: Some(&last), today });
        assert_eq!((reading.decision, reading.candidates.len(), &reading.candidates[0].topic), (Decision::Answer, 1, &last));
        assert_eq!(KNOWLEDGE.ask("thế năm ngoái?", &AskContext { last_topic: None, today }).trace.context, None);
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

    /// The message, and the topics of its two questions.
    const TWO_QUESTIONS: &[(&str, &str, &str)] = &[
        (
            "cho hỏi thẻ bhyt hết hạn thì gia hạn ở đâu, với lại bhxh một lần rút cần giấy tờ gì",
            "bhyt/card-expired-renew",
            "bhxh/lump-sum-papers",
        ),
        (
            "Mức đóng bhyt hộ gia đình bao nhiêu? Ngoài ra cho hỏi tuổi nghỉ hưu của nam là bao nhiêu",
            "bhyt/household-premium",
            "bhxh/pension-age-schedule",
        ),
        ("quen mat khau vssid lay lai sao, voi lai mat so bhxh thi lam lai o dau", "vssid/forgot-password-app", "bhxh/book-lost-damaged"),
        (
            "1. Điều kiện hưởng trợ cấp thất nghiệp là gì 2. Mức đóng BHYT hộ gia đình bao nhiêu",
            "bhtn/conditions",
            "bhyt/household-premium",
        ),
        (
            "Em có 2 câu hỏi: 1) đổi mật khẩu vssid như thế nào 2) mức đóng bhyt hộ gia đình bao nhiêu",
            "vssid/change-password",
            "bhyt/household-premium",
        ),
        ("rút bhxh 1 lần cần giấy tờ gì à còn thẻ bhyt bị mất thì xin lại ở đâu", "bhxh/lump-sum-papers", "bhyt/card-lost-damaged"),
        (
            "Vssid quên mật khẩu làm sao ạ? Sổ bhxh bị mất thì làm lại ở đâu ạ? Em cảm ơn",
            "vssid/forgot-password-app",
            "bhxh/book-lost-damaged",
        ),
        ("tuổi nghỉ hưu năm nay là bao nhiêu? bhyt học sinh đóng bao nhiêu?", "bhxh/pension-age-schedule", "bhyt/student-premium"),
        (
            "Điều kiện hưởng chế độ thai sản là gì? Nhân tiện cho hỏi mức đóng bhxh tự nguyện thấp nhất là bao nhiêu?",
            "bhxh/maternity-conditions",
            "bhxh-tn/contribution-level",
        ),
        (
            "Câu 1: lương cơ sở hiện nay là bao nhiêu. Câu 2: đổi mật khẩu vssid như thế nào",
            "bhxh/reference-level-base-salary",
            "vssid/change-password",
        ),
        ("chốt sổ bhxh bao lâu thì xong, thêm nữa đăng ký vssid cho con thế nào", "bhxh/book-closing", "vssid/child-account"),
        ("đăng ký vssid cho con thế nào? Còn một câu nữa là mai táng phí được bao nhiêu?", "vssid/child-account", "bhxh/funeral-allowance"),
        ("trợ cấp thất nghiệp nộp ở đâu? nộp rồi bao lâu có?", "bhtn/where-to-apply", "bhtn/processing-payment-time"),
        (
            "lương cơ sở hiện nay là bao nhiêu, cho em hỏi thêm đổi mật khẩu vssid như thế nào",
            "bhxh/reference-level-base-salary",
            "vssid/change-password",
        ),
        ("Tôi muốn hỏi: 1/ mai táng phí được bao nhiêu 2/ bhyt học sinh đóng bao nhiêu", "bhxh/funeral-allowance", "bhyt/student-premium"),
        (
            "thẻ bhyt bị mất thì xin lại ở đâu và cho em hỏi tuổi nghỉ hưu của nam là bao nhiêu",
            "bhyt/card-lost-damaged",
            "bhxh/pension-age-schedule",
        ),
        (
            "Em mới nghỉ ở công ty cũ. Chốt sổ bhxh bao lâu thì xong ạ? Tiện thể cho hỏi mức đóng bhyt hộ gia đình bao nhiêu ạ?",
            "bhxh/book-closing",
            "bhyt/household-premium",
        ),
        ("mai táng phí được bao nhiêu với cả rút bhxh 1 lần cần giấy tờ gì", "bhxh/funeral-allowance", "bhxh/lump-sum-papers"),
        ("bhyt hoc sinh dong bao nhieu? luong co so hien nay la bao nhieu?", "bhyt/student-premium", "bhxh/reference-level-base-salary"),
        (
            "mức đóng bhxh tự nguyện thấp nhất là bao nhiêu? sẵn tiện cho hỏi quên mật khẩu vssid làm sao?",
            "bhxh-tn/contribution-level",
            "vssid/forgot-password-app",
        ),
        (
            "điều kiện hưởng trợ cấp thất nghiệp là gì? mất sổ bhxh thì làm lại ở đâu? bhyt học sinh đóng bao nhiêu?",
            "bhtn/conditions",
            "bhxh/book-lost-damaged",
        ),
        (
            "quên mật khẩu vssid làm sao? bên cạnh đó tôi muốn hỏi chốt sổ bhxh bao lâu thì xong?",
            "vssid/forgot-password-app",
            "bhxh/book-closing",
        ),
    ];

    const ONE_QUESTION: &[&str] = &[
        "quên mật khẩu vssid lấy lại qua email thế nào",
        "mất thẻ bhyt thì làm sao? Em cảm ơn ad nhiều",
        "Chào ad? Cho em hỏi rút bhxh một lần cần giấy tờ gì?",
        "Em đóng BHXH được 5 năm, ngoài ra em có tham gia BHYT hộ gia đình. Giờ em muốn rút BHXH một lần thì cần giấy tờ gì?",
        "Em nghỉ việc được không? Nghỉ rồi có được trợ cấp thất nghiệp không? Nộp ở đâu? Bao lâu có tiền?",
        "Rút bhxh một lần ở đâu? Có cần sổ hộ khẩu không? Mất bao lâu?",
        "tôi 55 tuổi, đóng bhxh 22 năm, bị suy giảm khả năng lao động 65%, vậy tôi có được nghỉ hưu trước tuổi không? mức hưởng thế nào?",
        "chồng tôi mất, tôi có được nhận tuất không? với lại nhận ở đâu",
        "thẻ bhyt ghi sai tên thì sửa ở đâu, ngoài ra cần giấy tờ gì",
        "đi khám bệnh viện tỉnh không có giấy chuyển tuyến thì được trả bao nhiêu? có được không?",
        "làm sao để đăng ký vssid? tôi ở nước ngoài thì có đăng ký được không?",
        "Công ty em nợ bhxh từ năm 2024, em nghỉ việc tháng 3 vừa rồi, công ty không chốt sổ, em gọi nhiều lần không ai nghe máy. Em phải làm gì? Có ai giúp em được không? Mong ad trả lời giúp em.",
        "1. mức đóng 2. phương thức đóng bhxh tự nguyện",
        "thứ hai là ngày mấy thì cơ quan bhxh làm việc",
        "thẻ bhyt có giá trị từ ngày nào? 01/01/2027 đúng không?",
        "sinh con thứ hai được nghỉ mấy tháng",
        "mẫu 1. và mẫu 2. tờ khai tk1 khác nhau gì",
        "bhxh và bhyt khác nhau thế nào?",
        "Giá vàng hôm nay bao nhiêu? Với lại cách nấu phở thế nào?",
        "giá vàng sjc hôm nay? với lại quên mật khẩu vssid lấy lại thế nào?",
        "em bị ốm nghỉ 3 ngày có được hưởng bhxh không, với lại có bị trừ lương không",
        "",
        "???",
    ];

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
