//! Those who try codes, dates and passwords: what they get, how often, and what they can tell from the time it takes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures::{StreamExt, stream};
use harness::forms::{
    BIRTH, Class, Node, Pocket, citizen_id, claim, code, compare, measure_lookups, measure_steps, network, people, phone, report,
};
use harness::postgres::Postgres;
use hotro::conversation::{Token, now_ms};
use hotro::dialogue::{Channel, NotFetched};
use hotro::identity::import::FileKind;
use hotro::identity::record::What;
use hotro::identity::service::FormError;
use hotro::identity::verification::Otp;
use tempfile::TempDir;
use uuid::Uuid;

fn is_locked(result: &Result<(), FormError>) -> bool {
    matches!(result, Err(FormError::Locked { .. }))
}

async fn sqlite() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("hotro.db").display());
    (folder, url)
}

/// Many more than the tries that are free. Each writes several times, SQLite takes one at a time, and nobody waits for it longer than 5 s, on
/// a slow disk either.
const AT_ONCE: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_networks_get_five_tries_at_one_code() {
    let (_folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let tries = stream::iter(0..1_000).map(|number| node.attempt(network(number), "0012345678", "01/01/1990"));
    let tries: Vec<_> = tries.buffer_unordered(AT_ONCE).collect().await;
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
    let tries = stream::iter(&codes).map(|code| node.attempt(network(1), code, "01/01/1990"));
    let tries: Vec<_> = tries.buffer_unordered(AT_ONCE).collect().await;
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

/// The least p of twenty pairs of samples, ten for each step, is smaller once in ten thousand runs of these tests when all are of one
/// distribution; `make identity` is stricter and measures more.
const P_MIN: f64 = 0.000_1 / 20.0;

/// A short version of `make identity`.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_step_takes_as_long_whoever_it_is() {
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let measured = measure_steps(&node, folder.path(), &Class::ALL, 150).await;
    let (first, first_p) = report(&measured, |steps| &steps.first_ms);
    let (second, second_p) = report(&measured, |steps| &steps.second_ms);
    println!("the first step:\n{first}a wrong password at once behind it:\n{second}");
    assert!(first_p.iter().all(|p| *p >= P_MIN), "{first}");
    assert!(second_p.iter().all(|p| *p >= P_MIN), "{second}");
    // The test can tell: a bit longer is another distribution.
    let [unknown, ..] = measured.as_slice() else { panic!("nothing was measured") };
    let longer: Vec<f64> = unknown.first_ms.iter().map(|time| time * 1.3 + 0.3).collect();
    assert!(compare(&unknown.first_ms, &longer).p < 0.01);
    let same = compare(&unknown.first_ms, &unknown.first_ms);
    assert!(same.statistic == 0.0 && same.p == 1.0, "{same:?}");
}

/// `make identity` does it with a million rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_is_quick_among_many_rows() {
    const LOOKED_UP: usize = 5;
    const PERSONS: usize = 1_000;
    const PERIODS_EACH: usize = 20;
    let with_rows_of = async |persons: usize| {
        let (folder, url) = sqlite().await;
        let node = Node::on(&url).await;
        let mut periods = "code,kind,from,to,employer,job,salary\n".to_owned();
        for (number, year) in (0..persons).flat_map(|number| (2000..2000 + PERIODS_EACH).map(move |year| (number, year))) {
            periods += &format!("{},bhxh,{year}-01,{year}-12,Công ty Thử Nghiệm,thợ,{}\n", code(number), 4_000_000 + year);
        }
        node.import(folder.path(), FileKind::Person, &people(persons)).await;
        node.import(folder.path(), FileKind::Contribution, &periods).await;
        (folder, node)
    };
    let (few, many) = (with_rows_of(LOOKED_UP).await, with_rows_of(PERSONS).await);
    let [few, many] = measure_lookups([&few.1, &many.1], LOOKED_UP, 300).await;
    for (rows, times) in [("few", &few), ("many", &many)] {
        println!("among {rows} rows: p50 {:.2} ms, p99 {:.2} ms", times.percentile_ms(0.5), times.percentile_ms(0.99));
    }
    // How long one takes is the disk's affair: 20 periods are opened and the access is noted, among whatever rows.
    assert!(many.percentile_ms(0.5) < 2.0 * few.percentile_ms(0.5) + 5.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_once_in_its_time_though_clocks_of_nodes_differ() {
    const MINUTE_MS: i64 = 60_000;
    let (_folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    let id = node.conversations.begin(Channel::Web).await.unwrap().id;
    let opens = async |ahead_ms: i64| {
        let link = Token::presented(&node.identity.link(id, now_ms() + ahead_ms));
        let first = node.identity.open_form_by_link(&link).await;
        let again = node.identity.open_form_by_link(&link).await;
        assert!(matches!(again, Err(FormError::Link)), "a link is used once: {again:?}");
        match first {
            Ok(form) => {
                assert_eq!(form.conversation_id, id);
                true
            }
            Err(FormError::Link) => false,
            Err(error) => panic!("{error}"),
        }
    };
    // Offered by a node whose clock is ahead, now, and a while ago.
    for ahead_ms in [MINUTE_MS, 0, -14 * MINUTE_MS] {
        assert!(opens(ahead_ms).await, "{ahead_ms}");
    }
    for ahead_ms in [10 * MINUTE_MS, -16 * MINUTE_MS, i64::MAX / 2, -now_ms()] {
        assert!(!opens(ahead_ms).await, "{ahead_ms}");
    }
    // Of another conversation, and of another moment: the signature is of both.
    let (own, other) = (node.identity.link(id, now_ms()), node.identity.link(Uuid::now_v7(), now_ms()));
    for forged in [format!("{}{}", &own[..48], &other[48..]), format!("{}{}", &other[..32], &own[32..]), own.to_uppercase()] {
        assert!(matches!(node.identity.open_form_by_link(&Token::presented(&forged)).await, Err(FormError::Link)), "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_verified_ends_by_itself_and_nothing_is_read_any_more() {
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    node.import(folder.path(), FileKind::Person, &people(1)).await;
    let proof = node.verified(0).await;
    let id = proof.conversation_id();
    let minutes = (proof.until_ms() - now_ms()) / 60_000;
    assert!((13..=15).contains(&minutes), "{minutes}");
    assert!(node.identity.read(id, What::Card, Some(("operator", "a reason"))).await.is_ok());
    node.conversations.store().sweep_verifications(proof.until_ms() - 1, 0).await.unwrap();
    assert!(node.identity.verified(id).await.unwrap().is_some());
    node.conversations.store().sweep_verifications(proof.until_ms(), 0).await.unwrap();
    assert!(node.identity.verified(id).await.unwrap().is_none());
    let read = node.identity.read(id, What::Card, Some(("operator", "a reason"))).await;
    assert!(matches!(read, Err(NotFetched::Unverified)), "{read:?}");
}

/// Texts that were sent to a telephone.
fn texts(sms: &Pocket, phone: &str) -> usize {
    sms.sent().iter().filter(|(to, _)| to == phone).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_gets_three_texts_an_hour_from_whatever_conversations() {
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    node.import(folder.path(), FileKind::Person, &people(2)).await;
    // By code, by card number, by citizen ID: five tries each, and the same person behind them.
    let names = [code(0), format!("DN479{}", code(0)), citizen_id(0), citizen_id(0), code(0), citizen_id(0)];
    for (at, name) in names.iter().enumerate() {
        // The answer says nothing of it.
        node.attempt(network(at), name, BIRTH).await.unwrap();
    }
    // Somebody else's text comes after them all.
    node.attempt(network(90), &code(1), BIRTH).await.unwrap();
    node.sms.otp(&phone(1), 1).await;
    assert!(texts(&node.sms, &phone(0)) <= 3);
    node.sms.otp(&phone(0), 3).await;
    assert_eq!(texts(&node.sms, &phone(0)), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_used_gives_the_texts_back() {
    let (folder, url) = sqlite().await;
    let node = Node::on(&url).await;
    node.import(folder.path(), FileKind::Person, &people(1)).await;
    for count in 1..=5 {
        let session = node.form().await;
        node.identity.start(&session, network(1), &claim(&code(0), BIRTH)).await.unwrap();
        let otp = node.sms.otp(&phone(0), count).await;
        node.identity.check(&session, network(1), &otp).await.unwrap();
    }
}
