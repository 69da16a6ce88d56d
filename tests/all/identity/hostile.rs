//! Those who try codes, dates and passwords: what they get, how often, and what they can tell from the time it takes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use faq::Faq;
use futures::FutureExt;
use futures::future::BoxFuture;
use harness::postgres::Postgres;
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
use hotro::identity::{Claim, Identity, demo};
use hotro::secret::Key;
use hotro::store::Store;
use jiff::civil::date;
use knowledge::Knowledge;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tempfile::TempDir;

static KNOWLEDGE: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::build(Arc::new(Faq::embedded().unwrap())).unwrap()));

/// Remembers what it was to send.
#[derive(Default)]
struct Pocket(Mutex<Vec<(String, String)>>);

impl Sms for Pocket {
    fn send<'a>(&'a self, phone: &'a Phone, text: &'a str) -> BoxFuture<'a, Result<(), SmsError>> {
        self.0.lock().unwrap().push((phone.reveal().to_owned(), text.to_owned()));
        async { Ok(()) }.boxed()
    }
}

/// A node, as far as forms see it.
struct Node {
    conversations: Arc<Conversations>,
    identity: Identity,
    sms: Arc<Pocket>,
}

fn key() -> Key {
    Key::from_hex(&"ab".repeat(32)).unwrap()
}

impl Node {
    async fn on(url: &str) -> Node {
        let store = Store::open(url).await.unwrap();
        demo::install(&store, &key(), date(2026, 11, 26), now_ms()).await.unwrap();
        let conversations = Conversations::new(store.clone(), Arc::clone(&KNOWLEDGE));
        let sms = Arc::new(Pocket::default());
        let identity = Identity::new(Arc::clone(&conversations), key(), key(), Arc::new(LocalRecords::new(store, key())), sms.clone());
        identity.offer();
        Node { conversations, identity, sms }
    }

    async fn form(&self) -> Token {
        let id = self.conversations.begin(Channel::Web).await.unwrap().id;
        self.identity.open_form(id).await.unwrap().session
    }

    /// A first step from a new conversation.
    async fn attempt(&self, network: IpAddr, code: &str, birth: &str) -> Result<(), FormError> {
        let session = self.form().await;
        self.identity.start(&session, network, &claim(code, birth)).await.map(drop)
    }
}

fn claim(code: &str, birth: &str) -> Claim {
    Claim { identifier: Identifier::parse(code).unwrap(), birth: parse_birth(birth, date(2026, 11, 26)).unwrap() }
}

fn network(number: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + u32::try_from(number).unwrap()))
}

fn code(number: usize) -> String {
    format!("0050{number:06}")
}

fn is_locked(result: &Result<(), FormError>) -> bool {
    matches!(result, Err(FormError::Locked { .. }))
}

async fn sqlite() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("hotro.db").display());
    (folder, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_networks_get_five_tries_at_one_code() {
    let (_folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let tries = futures::future::join_all((0..1_000).map(|number| node.attempt(network(number), "0012345678", "01/01/1990"))).await;
    let taken = tries.iter().filter(|tried| tried.is_ok()).count();
    assert_eq!((taken, tries.iter().filter(|tried| is_locked(tried)).count()), (5, 995));
    // Its owner learns nothing else, and everybody else goes on.
    assert!(is_locked(&node.attempt(network(5_000), "0012345678", "05/03/1990").await));
    node.attempt(network(1), "0023456789", "20/11/1964").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_gets_sixty_tries_at_whatever_code() {
    let (_folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let codes: Vec<String> = (0..80).map(code).collect();
    let tries = futures::future::join_all(codes.iter().map(|code| node.attempt(network(1), code, "01/01/1990"))).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 60);
    node.attempt(network(2), &code(90), "01/01/1990").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_and_a_restart_count_together() {
    let url = Postgres::shared().database().await.unwrap();
    let (one, two) = (Node::on(&url).await, Node::on(&url).await);
    let both = (0..20).map(|number| if number % 2 == 0 { &one } else { &two });
    let tries =
        futures::future::join_all(both.enumerate().map(|(number, node)| node.attempt(network(number), "0012345678", "01/01/1990"))).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 5);
    // One conversation goes on at another node, where the same form is tried.
    let session = one.form().await;
    one.identity.start(&session, network(99), &claim("0023456789", "20/11/1964")).await.unwrap();
    for _ in 0..5 {
        let node = if rand::random() { &one } else { &two };
        let _ = node.identity.check(&session, network(99), &Otp::parse("000000").unwrap()).await;
    }
    assert!(matches!(two.identity.check(&session, network(99), &Otp::parse("000000").unwrap()).await, Err(FormError::NoTries)));
    drop((one, two));
    let again = Node::on(&url).await;
    assert!(is_locked(&again.attempt(network(300), "0012345678", "05/03/1990").await), "a restart forgets nothing");
    assert!(matches!(again.identity.check(&session, network(99), &Otp::parse("000000").unwrap()).await, Err(FormError::NoTries)));
    again.attempt(network(301), &code(1), "01/01/1990").await.unwrap();
}

/// How likely two samples as far apart as these are when both are of one distribution (Kolmogorov and Smirnov).
fn same_distribution(one: &[f64], two: &[f64]) -> f64 {
    let (mut one, mut two) = (one.to_vec(), two.to_vec());
    one.sort_by(f64::total_cmp);
    two.sort_by(f64::total_cmp);
    let share = |sample: &[f64], at: f64| sample.partition_point(|value| *value <= at) as f64 / sample.len() as f64;
    let apart = one.iter().chain(&two).map(|at| (share(&one, *at) - share(&two, *at)).abs()).fold(0.0, f64::max);
    let size = (one.len() * two.len()) as f64 / (one.len() + two.len()) as f64;
    let lambda = (size.sqrt() + 0.12 + 0.11 / size.sqrt()) * apart;
    let sum: f64 = (1..=100).map(f64::from).map(|k| (-1.0_f64).powf(k - 1.0) * (-2.0 * k * k * lambda * lambda).exp()).sum();
    (2.0 * sum).clamp(0.0, 1.0)
}

/// The first step for unknown codes, wrong dates and right data, in mixed order: the times of each, in milliseconds.
async fn first_steps(attempts: usize) -> [Vec<f64>; 3] {
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let mut people = "code,citizen_id,name,birth,phone\n".to_owned();
    for number in 0..2 * attempts {
        people += &format!("{},,Nguyễn Văn Giả,1990-03-05,0412{number:06}\n", code(number));
    }
    let file = folder.path().join("person.csv");
    std::fs::write(&file, people).unwrap();
    import_file(node.conversations.store(), &key(), FileKind::Person, &file, now_ms()).await.unwrap();

    let mut tries: Vec<(usize, usize)> = (0..3).flat_map(|class| (0..attempts).map(move |number| (class, number))).collect();
    tries.shuffle(&mut StdRng::seed_from_u64(5));
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for (at, (class, number)) in tries.into_iter().enumerate() {
        let (code, birth) = match class {
            0 => (format!("0060{number:06}"), "05/03/1990"),
            1 => (code(number), "06/03/1990"),
            _ => (code(attempts + number), "05/03/1990"),
        };
        let (session, claim) = (node.form().await, claim(&code, birth));
        loop {
            let begun = Instant::now();
            match node.identity.start(&session, network(at), &claim).await {
                Ok(_) => {
                    times[class].push(begun.elapsed().as_secs_f64() * 1_000.0);
                    break;
                }
                // The budget of the whole service: the next stretch goes on.
                Err(FormError::Locked { wait_ms }) => tokio::time::sleep(std::time::Duration::from_millis(wait_ms.unsigned_abs())).await,
                Err(error) => panic!("{error}"),
            }
        }
    }
    let right = harness::wait::until("the right ones get a text", async || {
        let sent = node.sms.0.lock().unwrap().len();
        (sent == attempts).then_some(sent)
    });
    assert_eq!(right.await, attempts);
    times
}

/// `ATTEMPTS=2000` measures as many of each.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_step_takes_as_long_whoever_it_is() {
    let attempts: usize = std::env::var("ATTEMPTS").ok().and_then(|number| number.parse().ok()).unwrap_or(250);
    let [unknown, wrong, right] = first_steps(attempts).await;
    let median = |times: &[f64]| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let pairs = [("unknown, wrong date", &unknown, &wrong), ("unknown, right", &unknown, &right), ("wrong date, right", &wrong, &right)];
    println!("medians: unknown {:.3} ms, wrong date {:.3} ms, right {:.3} ms", median(&unknown), median(&wrong), median(&right));
    for (name, one, two) in pairs {
        let likely = same_distribution(one, two);
        println!("{name}: p = {likely:.3} ({attempts} each)");
        assert!(likely > 0.000_1, "{name}: p = {likely}");
    }
    // The test can tell: a tenth longer is another distribution.
    let longer: Vec<f64> = unknown.iter().map(|time| time * 1.3 + 0.3).collect();
    assert!(same_distribution(&unknown, &longer) < 0.01);
}

/// `ROWS=1000000` imports as many contribution periods; the time and the memory of it are printed, and those of lookups among them.
#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_is_quick_among_many_rows() {
    const PERIODS_EACH: usize = 20;
    let rows: usize = std::env::var("ROWS").ok().and_then(|number| number.parse().ok()).unwrap_or(20_000);
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let (mut people, mut periods) = ("code,citizen_id,name,birth,phone\n".to_owned(), "code,kind,from,to,employer,job,salary\n".to_owned());
    for number in 0..rows / PERIODS_EACH {
        people += &format!("{},,Nguyễn Văn Giả,1990-03-05,0412{number:06}\n", code(number));
        for period in 0..PERIODS_EACH {
            let year = 2000 + period;
            periods += &format!("{},bhxh,{year}-01,{year}-12,Công ty Thử Nghiệm {period},thợ,{}\n", code(number), 4_000_000 + period);
        }
    }
    for (kind, text) in [(FileKind::Person, &people), (FileKind::Contribution, &periods)] {
        let file = folder.path().join("file.csv");
        std::fs::write(&file, text).unwrap();
        let (before, begun) = (harness::memory::resident_kb("self").unwrap(), Instant::now());
        let lines = import_file(node.conversations.store(), &key(), kind, &file, now_ms()).await.unwrap();
        let grown = harness::memory::resident_kb("self").unwrap().saturating_sub(before) / 1_000;
        println!("{lines} {} lines in {:.1} s, {grown} MB more", kind.name(), begun.elapsed().as_secs_f64());
    }
    let id = node.conversations.begin(Channel::Web).await.unwrap().id;
    let session = node.identity.open_form(id).await.unwrap().session;
    node.identity.start(&session, network(1), &claim(&code(7), "05/03/1990")).await.unwrap();
    let text = harness::wait::until("the text", async || node.sms.0.lock().unwrap().first().cloned()).await.1;
    node.identity.check(&session, network(1), &Otp::parse(&text[..6]).unwrap()).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        node.identity.read(id, What::Participation, None).await.unwrap();
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    println!("lookups among {rows} rows: p50 {:.2} ms, p99 {:.2} ms", times[250], times[495]);
    assert!(times[250] < 50.0, "{}", times[250]);
}
