//! The policy news in conversations: found, listed, named beside an answer.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faq::{NewsId, NewsItem, Theme};
use harness::dialogue::{Conversation, knowledge, news, now_ms};
use harness::feeds::fetched;
use hotro::dialogue::{Channel, ChoiceId, Event, Input, Message, Outcome, day_in_vietnam};
use jiff::civil::Date;
use knowledge::news::{News, NewsDecision};
use knowledge::{AskContext, Decision};

/// Items of feeds beside those that were written: years of several feeds.
const FETCHED: usize = 5_000;
/// Of fifty questions at least so many find their item first.
const FIRST_MIN: f64 = 0.9;

fn today() -> Date {
    day_in_vietnam(now_ms())
}

fn rows() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../data/news-questions.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split_once('\t').unwrap_or_else(|| panic!("two columns: {line}"))).collect()
}

/// What a question leads to first: an item, or a list.
fn found(news: &News, question: &str) -> String {
    let reading = knowledge().ask(question, &AskContext { last_topic: None, today: Some(today()) });
    match news.read(&reading, today()).decision {
        NewsDecision::Nothing => "nothing".to_owned(),
        NewsDecision::Latest(theme) => theme.map_or_else(|| "latest".to_owned(), |theme| format!("latest:{}", theme.name())),
        NewsDecision::Give(item) | NewsDecision::Mention(item) => item.id.to_string(),
    }
}

/// The share of questions that lead to what they should; a list that begins with the item is as good.
fn first_share(news: &News) -> (f64, String) {
    let mut right = 0;
    let mut wrong = String::new();
    let rows = rows();
    for (question, wanted) in &rows {
        let got = found(news, question);
        let theme = got.strip_prefix("latest:").and_then(Theme::parse);
        let begins = theme.and_then(|theme| news.latest(Some(theme)).next()).is_some_and(|first| first.id.as_str() == *wanted);
        if got == *wanted || begins {
            right += 1;
        } else {
            let _ = writeln!(wrong, "{question}: {got} instead of {wanted}");
        }
    }
    (f64::from(right) / rows.len() as f64, wrong)
}

#[test]
fn questions_about_news_find_their_item_first() {
    assert!(rows().len() >= 50);
    let (share, wrong) = first_share(news());
    println!("R@1 {share:.3} of {} questions\n{wrong}", rows().len());
    assert!(share >= FIRST_MIN, "{share:.3}\n{wrong}");
}

#[test]
fn thousands_of_fetched_items_do_not_hide_what_was_written_and_cost_little() {
    let begun = Instant::now();
    let many = news().with(fetched(FETCHED), &[]);
    println!("{FETCHED} items indexed in {:?}", begun.elapsed());
    // A list of the latest is whatever is latest.
    let (share, wrong) = first_share(&many);
    println!("R@1 {share:.3} beside {FETCHED} items\n{wrong}");
    assert!(share >= FIRST_MIN, "{share:.3}\n{wrong}");

    let new = NewsItem {
        id: NewsId::parse("new").expect("an id"),
        title: "Ra mắt cổng tra cứu mới".to_owned(),
        ..(*fetched(FETCHED)[0]).clone()
    };
    let begun = Instant::now();
    let more = many.with([Arc::new(new)], &[]);
    let took = begun.elapsed();
    println!("one more in {took:?}");
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert_eq!(found(&more, "tin mới về ra mắt cổng tra cứu"), "new");

    let mut times: Vec<Duration> = Vec::new();
    for (question, _) in rows() {
        let reading = knowledge().ask(question, &AskContext { last_topic: None, today: Some(today()) });
        let begun = Instant::now();
        more.read(&reading, today());
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    println!("reading beside {FETCHED} items: median {:?}, slowest {:?}", times[times.len() / 2], times[times.len() - 1]);
}

/// The questions that citizens are shown with the answers of the FAQ: none of them is taken away by the news.
#[test]
fn questions_of_the_faq_keep_their_answers() {
    let faq = knowledge().faq();
    let many = news().with(fetched(FETCHED), &[]);
    let (mut answered, mut taken) = (0, String::new());
    for topic in faq.topics() {
        for question in topic.questions.iter().chain([&topic.title]) {
            let reading = knowledge().ask(question, &AskContext { last_topic: None, today: Some(today()) });
            if reading.decision != Decision::Answer {
                continue;
            }
            answered += 1;
            if let decision @ (NewsDecision::Give(_) | NewsDecision::Latest(_)) = many.read(&reading, today()).decision {
                let got = match decision {
                    NewsDecision::Give(item) => item.id.to_string(),
                    _ => "a list".to_owned(),
                };
                let _ = writeln!(taken, "{}: {question}: {got}", topic.id);
            }
        }
    }
    let count = taken.lines().count();
    println!("{count} of {answered} answers taken by the news\n{taken}");
    assert!(count * 200 <= answered, "{count} of {answered}\n{taken}");
}

fn said(conversation: &mut Conversation, input: &Input) -> (Outcome, Message) {
    let turn = conversation.hear(input);
    let reply = turn.events.into_iter().rev().find_map(|event| match event {
        Event::BotMessage { outcome, message, .. } => Some((outcome, message)),
        _ => None,
    });
    reply.expect("a reply")
}

#[test]
fn every_written_item_is_shown_in_every_channel() {
    let mut conversation = Conversation::on(Channel::Telegram);
    conversation.hear(&Input::Start);
    for item in knowledge().faq().news() {
        let (outcome, message) = said(&mut conversation, &Input::Choice { id: ChoiceId::News(item.id.clone()).to_string() });
        assert_eq!(outcome, Outcome::Answered, "{}", item.id);
        assert!(!message.basis.is_empty() && message.reviewed.is_some(), "{}", item.id);
        assert!(hotro::channel::terminal::render(&message).contains(&item.title), "{}", item.id);
        for topic in &item.topics {
            assert!(knowledge().faq().topic(topic.as_str()).is_some(), "{topic}");
        }
    }
}
