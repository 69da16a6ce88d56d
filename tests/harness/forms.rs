//! The secure form without a socket: a node of the program in this process, invented people by the thousand, and how long steps take.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, header};
use faq::Faq;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use hotro::channel::web::{self, Limits, LimitsConfig, Origins, Web};
use hotro::conversation::{Conversations, Phone, Token, now_ms};
use hotro::dialogue::Channel;
use hotro::identity::birth::parse_birth;
use hotro::identity::code::Identifier;
use hotro::identity::import::{FileKind, import_file};
use hotro::identity::local::LocalRecords;
use hotro::identity::record::What;
use hotro::identity::service::FormError;
use hotro::identity::sms::{Sms, SmsError};
use hotro::identity::verification::Otp;
use hotro::identity::{Claim, Identity, Verified, demo};
use hotro::secret::Key;
use hotro::store::Store;
use http_body_util::BodyExt;
use jiff::civil::date;
use knowledge::Knowledge;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt;
use uuid::Uuid;

use crate::latency::Latencies;
use crate::wait::until;

static KNOWLEDGE: LazyLock<Arc<Knowledge>> =
    LazyLock::new(|| Arc::new(Knowledge::build(Arc::new(Faq::embedded().expect("the FAQ"))).expect("the index")));

/// The day of birth of all invented people, as people type it.
pub const BIRTH: &str = "05/03/1990";
/// The same as files have it.
const BIRTH_IN_FILES: &str = "1990-03-05";
/// Attempts that are under way together: answers wait for the clock.
const ATTEMPTS_AT_ONCE: usize = 4;
/// Attempts after which the budget of the whole service is emptied: it is not what is measured.
const ATTEMPTS_PER_STRETCH: usize = 1_000;

/// Remembers what it was to send: number and text.
#[derive(Default)]
pub struct Pocket(Mutex<Vec<(String, String)>>);

impl Pocket {
    /// All texts so far: number and text.
    pub fn sent(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The password in the newest text to a telephone, when `count` texts to it have come.
    ///
    /// # Panics
    /// They do not come in time.
    pub async fn otp(&self, phone: &str, count: usize) -> Otp {
        let text = until("a text", async || {
            let sent = self.sent();
            let texts: Vec<_> = sent.iter().filter(|(to, _)| to == phone).collect();
            (texts.len() >= count).then(|| texts.last().map(|(_, text)| text.clone())).flatten()
        });
        let text = text.await;
        let word = text.split(|letter: char| !letter.is_ascii_digit()).find_map(Otp::parse);
        word.expect("a password in the text")
    }
}

impl Sms for Pocket {
    fn send<'a>(&'a self, phone: &'a Phone, text: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((phone.reveal().to_owned(), text.to_owned()));
        async { Ok(()) }.boxed()
    }
}

/// A node, as far as forms see it.
pub struct Node {
    /// What they belong to.
    pub conversations: Arc<Conversations>,
    /// The forms.
    pub identity: Identity,
    /// All telephones.
    pub sms: Arc<Pocket>,
    /// The key of its records.
    pub records_key: Key,
}

/// An invented key.
///
/// # Panics
/// Never: it is of the right form.
pub fn key() -> Key {
    Key::from_hex(&"ab".repeat(32)).expect("a key")
}

/// What somebody says of themselves.
///
/// # Panics
/// It is of no form that could be said.
pub fn claim(identifier: &str, birth: &str) -> Claim {
    let identifier = Identifier::parse(identifier).expect("an identifier");
    Claim { identifier, birth: parse_birth(birth, date(2026, 11, 26)).expect("a day") }
}

/// A network of its own for each number.
///
/// # Panics
/// There are no so many.
pub fn network(number: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + u32::try_from(number).expect("a number")))
}

/// The invented code of a number.
pub fn code(number: usize) -> String {
    format!("0050{number:06}")
}

/// The invented citizen ID of the same person.
pub fn citizen_id(number: usize) -> String {
    format!("000190{number:06}")
}

/// The telephone of the same person.
pub fn phone(number: usize) -> String {
    format!("0412{number:06}")
}

/// A file of people: [`code`], [`citizen_id`], [`BIRTH`] and [`phone`] of each number below `count`.
pub fn people(count: usize) -> String {
    let mut file = "code,citizen_id,name,birth,phone\n".to_owned();
    for number in 0..count {
        let (code, id, phone) = (code(number), citizen_id(number), phone(number));
        // Writing into a text never fails.
        let _ = writeln!(file, "{code},{id},Nguyễn Văn Giả,{BIRTH_IN_FILES},{phone}");
    }
    file
}

impl Node {
    /// A node on a database with the people of the demonstration.
    ///
    /// # Panics
    /// The database cannot be used.
    pub async fn on(url: &str) -> Node {
        let store = Store::open(url).await.expect("a database");
        demo::install(&store, &key(), date(2026, 11, 26), now_ms()).await.expect("invented people");
        Node::over(store, key(), key())
    }

    /// A node over a database as it is.
    pub fn over(store: Store, key: Key, records_key: Key) -> Node {
        let conversations = Conversations::new(store.clone(), Arc::clone(&KNOWLEDGE));
        let sms = Arc::new(Pocket::default());
        let records = Arc::new(LocalRecords::new(store, records_key.clone()));
        let identity = Identity::new(Arc::clone(&conversations), key, records_key.clone(), records, sms.clone());
        identity.offer();
        Node { conversations, identity, sms, records_key }
    }

    /// The form of a new conversation.
    ///
    /// # Panics
    /// The database fails.
    pub async fn form(&self) -> Token {
        let id = self.conversations.begin(Channel::Web).await.expect("a conversation").id;
        self.identity.open_form(id).await.expect("a form").session
    }

    /// A first step from a new conversation.
    ///
    /// # Errors
    /// It is refused.
    pub async fn attempt(&self, network: IpAddr, identifier: &str, birth: &str) -> Result<(), FormError> {
        let session = self.form().await;
        self.identity.start(&session, network, &claim(identifier, birth)).await.map(drop)
    }

    /// A new conversation that is verified as the person of a number, who gets the first text.
    ///
    /// # Panics
    /// It is refused.
    pub async fn verified(&self, number: usize) -> Verified {
        let id = self.conversations.begin(Channel::Web).await.expect("a conversation").id;
        let session = self.identity.open_form(id).await.expect("a form").session;
        self.identity.start(&session, network(number), &claim(&code(number), BIRTH)).await.expect("a password");
        let otp = self.sms.otp(&phone(number), 1).await;
        self.identity.check(&session, network(number), &otp).await.expect("it is right");
        self.identity.verified(id).await.expect("the database").expect("verified")
    }

    /// Imports a text as a file of a kind.
    ///
    /// # Panics
    /// It is refused.
    pub async fn import(&self, folder: &Path, kind: FileKind, text: &str) {
        let file = folder.join(format!("{}.csv", kind.name()));
        std::fs::write(&file, text).expect("the file is written");
        import_file(self.conversations.store(), &self.records_key, kind, &file, now_ms()).await.expect("it is imported");
    }

    /// The public side as it is served, with no limit but those of the form. One proxy tells the networks.
    ///
    /// # Panics
    /// Never: the limits are no zeros.
    pub fn router(&self) -> Router {
        let many = NonZeroU32::new(1_000_000).expect("a number");
        let limits = Limits::new(&LimitsConfig {
            messages_per_conversation_per_minute: many,
            messages_per_network_per_minute: many,
            conversations_per_network_per_minute: many,
            trusted_proxies: vec![IpAddr::from([127, 0, 0, 1])],
        });
        let web = Web::new(Arc::clone(&self.conversations), limits, Origins::default(), watch::channel(false).1, None);
        web.attach_identity(self.identity.clone());
        web::router(web, Default::default())
    }

    async fn empty_the_budget_of_all(&self) {
        let key = self.records_key.look_up_hash("attempts", "");
        self.conversations.store().forget_attempts(&key).await.expect("the database");
    }
}

/// Who somebody says they are, as far as an answer must not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nobody has this code.
    Unknown,
    /// The code of somebody with another day of birth.
    WrongBirth,
    /// The right data.
    Right,
    /// The right data by the card number, whose last ten digits are the code.
    RightByCard,
    /// The right data by the citizen ID.
    RightByCitizenId,
}

impl Class {
    /// The three that the measurement is about, then other ways to say the same.
    pub const ALL: [Class; 5] = [Class::Unknown, Class::WrongBirth, Class::Right, Class::RightByCard, Class::RightByCitizenId];

    /// In a report.
    pub fn name(self) -> &'static str {
        match self {
            Class::Unknown => "unknown code",
            Class::WrongBirth => "wrong birth date",
            Class::Right => "right data",
            Class::RightByCard => "right data, card number",
            Class::RightByCitizenId => "right data, citizen ID",
        }
    }

    fn is_right(self) -> bool {
        !matches!(self, Class::Unknown | Class::WrongBirth)
    }
}

/// What was measured of one class: times in milliseconds.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Of whom.
    pub class: Class,
    /// Of the first step.
    pub first_ms: Vec<f64>,
    /// Of a wrong password that is sent as soon as the first step is answered, while what it began may still run.
    pub second_ms: Vec<f64>,
}

/// Takes the first step so often for each class, in mixed order, each from a network and a conversation of its own, and a second one at
/// once behind it. Every answer must be word for word the same.
///
/// # Panics
/// An answer is another, or somebody who was named rightly gets no text.
pub async fn measure_steps(node: &Node, folder: &Path, classes: &[Class], attempts: usize) -> Vec<Steps> {
    node.import(folder, FileKind::Person, &people(classes.len() * attempts)).await;
    let router = node.router();
    let mut tries: Vec<(usize, usize)> = (0..classes.len()).flat_map(|class| (0..attempts).map(move |number| (class, number))).collect();
    tries.shuffle(&mut StdRng::seed_from_u64(5));
    let steps = |class: &Class| Steps { class: *class, first_ms: Vec::with_capacity(attempts), second_ms: Vec::with_capacity(attempts) };
    let mut measured: Vec<Steps> = classes.iter().map(steps).collect();
    let mut answers = BTreeSet::new();
    let attempt = async |at: usize, class: usize, number: usize| {
        let person = class * attempts + number;
        let (identifier, birth) = match classes[class] {
            Class::Unknown => (format!("0060{person:06}"), BIRTH),
            Class::WrongBirth => (code(person), "06/03/1990"),
            Class::Right => (code(person), BIRTH),
            Class::RightByCard => (format!("DN479{}", code(person)), BIRTH),
            Class::RightByCitizenId => (citizen_id(person), BIRTH),
        };
        let session = node.form().await;
        let post = |path: &str, body: Value| {
            let request = Request::post(format!("/api/verification/{path}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", session.reveal()))
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-forwarded-for", network(at).to_string())
                .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
            request.body(Body::from(body.to_string())).expect("a request")
        };
        let first = post("start", json!({ "consent": true, "identifier": identifier, "birth": birth }));
        // Six letters that are digits, and hardly ever the password: one in a million would succeed.
        let second = post("check", json!({ "otp": "271828" }));
        let begun = Instant::now();
        let first = call(&router, first).await;
        let took = begun.elapsed();
        let again = Instant::now();
        let second = call(&router, second).await;
        (class, took, again.elapsed(), format!("{first}\n{second}"))
    };
    let tries: Vec<(usize, (usize, usize))> = tries.into_iter().enumerate().collect();
    for stretch in tries.chunks(ATTEMPTS_PER_STRETCH) {
        node.empty_the_budget_of_all().await;
        let attempts = stream::iter(stretch).map(|&(at, (class, number))| attempt(at, class, number));
        for (class, first, second, answer) in attempts.buffer_unordered(ATTEMPTS_AT_ONCE).collect::<Vec<_>>().await {
            measured[class].first_ms.push(first.as_secs_f64() * 1e3);
            measured[class].second_ms.push(second.as_secs_f64() * 1e3);
            answers.insert(answer);
        }
    }
    assert_eq!(answers.len(), 1, "the answers differ: {answers:#?}");
    let right = classes.iter().filter(|class| class.is_right()).count() * attempts;
    let sent = until("whoever was named rightly gets a text", async || Some(node.sms.sent().len()).filter(|sent| *sent >= right)).await;
    assert_eq!(sent, right, "and nobody else");
    measured
}

/// Status, headers and body of an answer, without what the clock changes.
async fn call(router: &Router, request: Request<Body>) -> String {
    let response: Response<Body> = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    // Whole seconds that are left: 300 at once, 299 a millisecond later.
    if let Some(left) = body.get_mut("otp_expires_in_s") {
        assert!(left.as_i64().is_some_and(|left| (290..=300).contains(&left)), "{left}");
        *left = json!(300);
    }
    if let Some(left) = body.get_mut("resend_in_s") {
        assert!(left.as_i64().is_some_and(|left| (50..=61).contains(&left)), "{left}");
        *left = json!(60);
    }
    let mut headers: HeaderMap = parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    format!("{} {headers:?} {body}", parts.status)
}

/// Two samples, and how likely they are so far apart when both are of one distribution (Kolmogorov and Smirnov).
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    /// The largest distance of their distribution functions, 0 to 1.
    pub statistic: f64,
    /// The probability of that distance or a larger one.
    pub p: f64,
}

/// Compares two samples.
pub fn compare(one: &[f64], two: &[f64]) -> Compared {
    let (mut one, mut two) = (one.to_vec(), two.to_vec());
    one.sort_by(f64::total_cmp);
    two.sort_by(f64::total_cmp);
    let share = |sample: &[f64], at: f64| sample.partition_point(|value| *value <= at) as f64 / sample.len() as f64;
    let statistic = one.iter().chain(&two).map(|at| (share(&one, *at) - share(&two, *at)).abs()).fold(0.0, f64::max);
    let size = (one.len() * two.len()) as f64 / (one.len() + two.len()) as f64;
    let lambda = (size.sqrt() + 0.12 + 0.11 / size.sqrt()) * statistic;
    let sum: f64 = (1..=100).map(f64::from).map(|k| (-1.0_f64).powf(k - 1.0) * (-2.0 * k * k * lambda * lambda).exp()).sum();
    // For samples that hardly differ the series does not come to its end, which is 1.
    let p = if lambda < 0.2 { 1.0 } else { (2.0 * sum).clamp(0.0, 1.0) };
    Compared { statistic, p }
}

/// A line for each class and each pair of them, and the smallest p: of pairs of the three that the measurement is about, and of the others.
pub fn report(measured: &[Steps], of: impl Fn(&Steps) -> &Vec<f64>) -> (String, [f64; 2]) {
    let (mut lines, mut least) = (String::new(), [1.0_f64; 2]);
    for steps in measured {
        let times = of(steps);
        let sorted = Latencies::new(times.iter().map(|ms| Duration::from_secs_f64(ms / 1e3)).collect());
        let (half, most) = (sorted.percentile_ms(0.5), sorted.percentile_ms(0.99));
        let _ = writeln!(lines, "  {}: n = {}, p50 {half:.3} ms, p99 {most:.3} ms", steps.class.name(), times.len());
    }
    for (at, one) in measured.iter().enumerate() {
        for two in &measured[at + 1..] {
            let Compared { statistic, p } = compare(of(one), of(two));
            let kind = usize::from([one, two].iter().any(|steps| matches!(steps.class, Class::RightByCard | Class::RightByCitizenId)));
            least[kind] = least[kind].min(p);
            let _ = writeln!(lines, "  {} / {}: D = {statistic:.4}, p = {p:.4}", one.class.name(), two.class.name());
        }
    }
    (lines, least)
}

/// Conversations of verified people at each node, and how long so many lookups of them take inside it. The nodes take turns: what else the
/// machine does meanwhile is measured with all of them alike.
///
/// # Panics
/// A lookup fails.
pub async fn measure_lookups<const NODES: usize>(nodes: [&Node; NODES], people: usize, lookups: usize) -> [Latencies; NODES] {
    let mut ids: [Vec<Uuid>; NODES] = std::array::from_fn(|_| Vec::with_capacity(people));
    for (node, ids) in nodes.iter().zip(&mut ids) {
        for number in 0..people {
            ids.push(node.verified(number).await.conversation_id());
        }
    }
    let mut times: [Vec<Duration>; NODES] = std::array::from_fn(|_| Vec::with_capacity(lookups));
    for at in 0..lookups {
        for ((node, ids), times) in nodes.iter().zip(&ids).zip(&mut times) {
            let begun = Instant::now();
            let read = node.identity.read(ids[at % people], What::Participation, None).await;
            times.push(begun.elapsed());
            read.expect("a record");
        }
    }
    times.map(Latencies::new)
}
