//! `hotro gaps`: what the log says of questions that were not helped with, on both databases.

use harness::dialogue::{Conversation, knowledge, now_ms};
use hotro::conversation::{Unhelped, Unhelpful, unhelped};
use hotro::dialogue::{Channel, Input, Recorded};
use hotro::store::{Append, Appended, NewConversation, NewEvent, Store};
use uuid::Uuid;

use crate::store::Database;

on_both! {
    sqlite: crate::store::Database::sqlite(), postgres: crate::store::Database::postgres().await;
    alike_questions_are_one_gap
    what_is_no_help_is_found
    questions_before_the_day_are_left_out
}

const ANSWERED: &str = "quên mật khẩu vssid lấy lại qua email thế nào";
const MISSED: &str = "giá vàng hôm nay bao nhiêu một chỉ";
const DAY_MS: i64 = 24 * 3_600_000;

/// The log of a conversation that took place at a moment: a text is said, what begins with `tap ` is tapped.
fn play(acts: &[&str], at_ms: i64) -> Vec<Recorded> {
    let mut conversation = Conversation::on(Channel::Web);
    conversation.hear(&Input::Start);
    for act in acts {
        conversation.hear(&match act.strip_prefix("tap ") {
            Some(id) => Input::Choice { id: id.to_owned() },
            None => Input::Message { text: (*act).to_owned() },
        });
    }
    conversation.log.into_iter().map(|recorded| Recorded { at_ms, ..recorded }).collect()
}

/// Stores a log as it is.
async fn keep(store: &Store, log: &[Recorded]) {
    let conversation_id = Uuid::now_v7();
    for Recorded { seq, at_ms, event } in log {
        let append = Append {
            conversation_id,
            create: (*seq == 1).then_some(NewConversation { channel: "web", token_hash: None }),
            expected_seq: seq - 1,
            at_ms: *at_ms,
            events: vec![NewEvent { kind: event.kind(), body: serde_json::to_string(event).expect("an event is JSON") }],
            input_id: None,
            effects: Vec::new(),
            snapshot: None,
        };
        assert_eq!(store.append(append).await, Ok(Appended::At { first_seq: *seq }));
    }
}

fn found(unhelped: &Unhelped) -> Vec<(&str, Unhelpful)> {
    unhelped.questions().map(|question| (question.text.as_str(), question.why)).collect()
}

async fn alike_questions_are_one_gap(database: Database) {
    let store = database.open().await;
    let conversations: [&[&str]; 5] = [
        &[MISSED],
        &["gia vang hom nay bao nhieu mot chi", "giá vàng SJC hôm nay bao nhiêu tiền một chỉ ạ"],
        &[ANSWERED, "tap wrong:vssid/forgot-password-app"],
        &["quen mat khau vssid lay lai qua email the nao", "tap operator"],
        &[ANSWERED, "cảm ơn"],
    ];
    for (at_ms, acts) in (now_ms()..).zip(conversations) {
        keep(&store, &play(acts, at_ms)).await;
    }
    let gaps = unhelped(&store, None).await.expect("the log is read").group(knowledge());
    assert_eq!((gaps.asked, gaps.unhelped, gaps.left_out, gaps.groups), (6, 5, 0, 2));
    let [gold, password] = &gaps.gaps[..] else { panic!("two gaps: {gaps:?}") };
    assert!(conversations.concat().contains(&gold.question.as_str()), "{gold:?}");
    assert_eq!((gold.conversations, gold.questions, gold.missed, gold.last_ms), (2, 3, 3, now_ms() + 1));
    assert_eq!((password.conversations, password.questions, password.unhappy, password.handed_off), (2, 2, 1, 1));
    assert_eq!(password.nearest[0].topic.as_str(), "vssid/forgot-password-app");
    assert!(password.nearest.len() <= 3);
}

async fn what_is_no_help_is_found(database: Database) {
    let store = database.open().await;
    let mut day = 0;
    let mut check = async |acts: &[&str], expected: &[(&str, Unhelpful)]| {
        // Each conversation on a day of its own.
        day += 1;
        let at_ms = now_ms() + day * DAY_MS;
        keep(&store, &play(acts, at_ms)).await;
        let unhelped = unhelped(&store, Some(at_ms)).await.expect("the log is read");
        assert_eq!(found(&unhelped), expected, "{acts:?}");
    };
    let wrong = "tap wrong:vssid/forgot-password-app";
    check(&[ANSWERED], &[]).await;
    check(&[ANSWERED, wrong], &[(ANSWERED, Unhelpful::Unhappy)]).await;
    check(&[ANSWERED, "chưa đúng ý"], &[(ANSWERED, Unhelpful::Unhappy)]).await;
    check(&[ANSWERED, "Chưa đúng ý", "chưa đúng ý"], &[(ANSWERED, Unhelpful::Unhappy)]).await;
    check(&[ANSWERED, "gặp nhân viên"], &[(ANSWERED, Unhelpful::HandedOff)]).await;
    check(&[ANSWERED, "cảm ơn", "tap operator"], &[]).await;
    check(&[MISSED, "tap operator"], &[(MISSED, Unhelpful::Missed)]).await;
    // A list was offered, a topic of it read, and that was not it either.
    check(&["tuổi nghỉ hưu", "tap none"], &[("tuổi nghỉ hưu", Unhelpful::Unhappy)]).await;
    let chosen = ["tuổi nghỉ hưu", "tap topic:bhxh/pension-age-schedule", "tap wrong:bhxh/pension-age-schedule"];
    check(&chosen, &[("tuổi nghỉ hưu", Unhelpful::Unhappy)]).await;
    check(&[ANSWERED, "tap related:vssid/forgot-password-app", "tap none"], &[(ANSWERED, Unhelpful::Unhappy)]).await;
    // The button of an older answer says nothing about the last one, and no question leads to a topic that was tapped.
    check(&["tap topic:vssid/install", ANSWERED, "tap wrong:vssid/install"], &[]).await;
    check(&["tap topic:vssid/install", "tap wrong:vssid/install"], &[]).await;
    // Secrets are masked in what is listed.
    let secret = ["mã otp là 482913, quên mật khẩu vssid lấy lại qua email thế nào", "chưa đúng ý"];
    check(&secret, &[("mã otp là [OTP đã che], quên mật khẩu vssid lấy lại qua email thế nào", Unhelpful::Unhappy)]).await;
}

async fn questions_before_the_day_are_left_out(database: Database) {
    let store = database.open().await;
    for days in [0, 3, 1] {
        keep(&store, &play(&[MISSED], now_ms() + days * DAY_MS)).await;
    }
    let since = |days: i64| unhelped(&store, Some(now_ms() + days * DAY_MS));
    for (days, expected) in [(0, 3), (1, 2), (2, 1), (4, 0)] {
        let unhelped = since(days).await.expect("the log is read");
        assert_eq!((unhelped.questions().count(), unhelped.asked), (expected, expected as u64), "after {days} days");
    }
    // A conversation that goes on counts from the day on, whenever it began.
    let mut long = play(&[MISSED, "cách nấu phở bò"], now_ms());
    long.iter_mut().rev().take(2).for_each(|recorded| recorded.at_ms += 10 * DAY_MS);
    keep(&store, &long).await;
    let unhelped = since(5).await.expect("the log is read");
    assert_eq!(found(&unhelped), [("cách nấu phở bò", Unhelpful::Missed)]);
}
