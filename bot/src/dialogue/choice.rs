//! What a citizen can tap.

use std::fmt;

use faq::{Action, NewsId, Theme, TopicId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::news::Cadence;

/// The word for all themes of the news.
const ALL_THEMES: &str = "all";

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// [`ChoiceId`] as text.
    pub id: String,
    /// What the button says.
    pub label: String,
    /// A link (`tel:`) instead of a choice that is sent back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

impl Choice {
    /// Buttons at most under one message: four topics and "không phải các ý trên".
    pub const MAX: usize = 5;

    pub(crate) fn new(id: ChoiceId, label: impl Into<String>) -> Choice {
        Choice { id: id.to_string(), label: label.into(), href: None }
    }

    pub(crate) fn link(label: impl Into<String>, href: impl Into<String>) -> Choice {
        Choice { id: "link".to_owned(), label: label.into(), href: Some(href.into()) }
    }
}

/// What a tap means. As text at most 64 bytes where the topic id allows it: Telegram's limit for a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceId {
    /// Answer this topic.
    Topic(TopicId),
    /// Answer this topic by today's rule, after another was given.
    Now(TopicId),
    /// Answer this topic by the rule of this day.
    AsOf(TopicId, Date),
    /// Show the neighbours of this topic.
    Related(TopicId),
    /// This answer was not what I meant.
    Wrong(TopicId),
    /// Answer the question that followed in the same message.
    Next,
    /// None of the topics that were offered.
    NoneOfThese,
    /// Talk to an operator.
    Operator,
    /// Leave the operators' queue.
    LeaveQueue,
    /// End the talk with the operator.
    EndTalk,
    /// Leave a message for the next shift.
    LeaveMessage,
    /// Judge the talk with the operator: 1 to 5.
    Rate(u8),
    /// Say something about that talk.
    Review,
    /// What can you do?
    Help,
    /// Something the bot does beside answering.
    Do(Action),
    /// Show this item of the news.
    News(NewsId),
    /// Show a page of the latest news of a theme (`None`: all); pages count from 0.
    NewsList(Option<Theme>, u16),
    /// Choose a theme of the news.
    NewsThemes,
    /// Be sent the news of a theme; `None` is all.
    FollowNews(Option<Theme>),
    /// Be sent what is followed so often.
    FollowAs(Cadence),
    /// Be sent no more news.
    StopNews,
}

impl fmt::Display for ChoiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChoiceId::Topic(topic) => write!(f, "topic:{topic}"),
            ChoiceId::Now(topic) => write!(f, "now:{topic}"),
            ChoiceId::AsOf(topic, day) => write!(f, "at:{day}:{topic}"),
            ChoiceId::Related(topic) => write!(f, "related:{topic}"),
            ChoiceId::Wrong(topic) => write!(f, "wrong:{topic}"),
            ChoiceId::Next => f.write_str("next"),
            ChoiceId::NoneOfThese => f.write_str("none"),
            ChoiceId::Operator => f.write_str("operator"),
            ChoiceId::LeaveQueue => f.write_str("leave-queue"),
            ChoiceId::EndTalk => f.write_str("end-talk"),
            ChoiceId::LeaveMessage => f.write_str("leave-message"),
            ChoiceId::Rate(stars) => write!(f, "rate:{stars}"),
            ChoiceId::Review => f.write_str("review"),
            ChoiceId::Help => f.write_str("help"),
            ChoiceId::Do(action) => f.write_str(match action {
                Action::Lookup => "lookup",
                Action::NearOffice => "near-office",
                Action::NearCollectionPoint => "near-collection-point",
                Action::NearFacility => "near-facility",
                Action::News => "news",
                Action::Operator => "operator",
            }),
            ChoiceId::News(item) => write!(f, "news:{item}"),
            ChoiceId::NewsList(theme, page) => write!(f, "newslist:{}:{page}", theme_word(*theme)),
            ChoiceId::NewsThemes => f.write_str("news-themes"),
            ChoiceId::FollowNews(theme) => write!(f, "follow:{}", theme_word(*theme)),
            ChoiceId::FollowAs(cadence) => write!(f, "follow-as:{}", cadence.name()),
            ChoiceId::StopNews => f.write_str("news-stop"),
        }
    }
}

/// The word for a theme in a choice.
fn theme_word(theme: Option<Theme>) -> &'static str {
    theme.map_or(ALL_THEMES, Theme::name)
}

/// Reads it; `None` for no word of ours.
fn parse_theme(word: &str) -> Option<Option<Theme>> {
    if word == ALL_THEMES { Some(None) } else { Theme::parse(word).map(Some) }
}

impl ChoiceId {
    /// The best rating.
    pub const STARS_MAX: u8 = 5;

    /// Reads a choice that came back from a channel; `None` when it is none of ours.
    pub fn parse(text: &str) -> Option<ChoiceId> {
        if let Some((day, topic)) = text.strip_prefix("at:").and_then(|rest| rest.split_once(':')) {
            return Some(ChoiceId::AsOf(TopicId::parse(topic)?, day.parse().ok()?));
        }
        if let Some(stars) = text.strip_prefix("rate:") {
            let stars = stars.parse().ok().filter(|stars| (1..=ChoiceId::STARS_MAX).contains(stars))?;
            return (text.len() == "rate:5".len()).then_some(ChoiceId::Rate(stars));
        }
        if let Some(item) = text.strip_prefix("news:") {
            return NewsId::parse(item).map(ChoiceId::News);
        }
        if let Some((theme, page)) = text.strip_prefix("newslist:").and_then(|rest| rest.split_once(':')) {
            let number = page.parse().ok().filter(|number: &u16| number.to_string() == page)?;
            return Some(ChoiceId::NewsList(parse_theme(theme)?, number));
        }
        if let Some(theme) = text.strip_prefix("follow:") {
            return parse_theme(theme).map(ChoiceId::FollowNews);
        }
        if let Some(cadence) = text.strip_prefix("follow-as:") {
            return Cadence::parse(cadence).map(ChoiceId::FollowAs);
        }
        if let Some((kind, topic)) = text.split_once(':') {
            let topic = TopicId::parse(topic)?;
            return match kind {
                "topic" => Some(ChoiceId::Topic(topic)),
                "now" => Some(ChoiceId::Now(topic)),
                "related" => Some(ChoiceId::Related(topic)),
                "wrong" => Some(ChoiceId::Wrong(topic)),
                _ => None,
            };
        }
        Some(match text {
            "next" => ChoiceId::Next,
            "none" => ChoiceId::NoneOfThese,
            "operator" => ChoiceId::Operator,
            "leave-queue" => ChoiceId::LeaveQueue,
            "end-talk" => ChoiceId::EndTalk,
            "leave-message" => ChoiceId::LeaveMessage,
            "review" => ChoiceId::Review,
            "help" => ChoiceId::Help,
            "lookup" => ChoiceId::Do(Action::Lookup),
            "near-office" => ChoiceId::Do(Action::NearOffice),
            "near-collection-point" => ChoiceId::Do(Action::NearCollectionPoint),
            "near-facility" => ChoiceId::Do(Action::NearFacility),
            "news" => ChoiceId::Do(Action::News),
            "news-themes" => ChoiceId::NewsThemes,
            "news-stop" => ChoiceId::StopNews,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_back_as_it_went() {
        let topic = TopicId::parse("bhyt/referral-form").unwrap();
        for id in [
            ChoiceId::Topic(topic.clone()),
            ChoiceId::Now(topic.clone()),
            ChoiceId::AsOf(topic.clone(), jiff::civil::date(2026, 6, 30)),
            ChoiceId::Related(topic.clone()),
            ChoiceId::Wrong(topic),
            ChoiceId::Next,
            ChoiceId::NoneOfThese,
            ChoiceId::Operator,
            ChoiceId::LeaveQueue,
            ChoiceId::EndTalk,
            ChoiceId::LeaveMessage,
            ChoiceId::Rate(1),
            ChoiceId::Rate(5),
            ChoiceId::Review,
            ChoiceId::Help,
            ChoiceId::Do(Action::Lookup),
            ChoiceId::Do(Action::NearOffice),
            ChoiceId::Do(Action::NearCollectionPoint),
            ChoiceId::Do(Action::NearFacility),
            ChoiceId::Do(Action::News),
            ChoiceId::News(NewsId::parse("2026-07-01-base-salary").unwrap()),
            ChoiceId::NewsList(None, 0),
            ChoiceId::NewsList(Some(Theme::ThaiSan), 12),
            ChoiceId::NewsThemes,
            ChoiceId::FollowNews(None),
            ChoiceId::FollowNews(Some(Theme::Vssid)),
            ChoiceId::FollowAs(Cadence::Weekly),
            ChoiceId::StopNews,
        ] {
            assert_eq!(ChoiceId::parse(&id.to_string()), Some(id));
        }
        assert_eq!(ChoiceId::parse("topic:../etc/passwd"), None);
        assert_eq!(ChoiceId::parse("at:2026-06-31:bhyt/referral-form"), None);
        assert_eq!(ChoiceId::parse("drop table"), None);
        for bad in ["news:", "news:../x", "newslist:all:-1", "newslist:all:01", "newslist:x:1", "follow:", "follow-as:hourly"] {
            assert_eq!(ChoiceId::parse(bad), None, "{bad}");
        }
        for stars in ["rate:0", "rate:6", "rate:05", "rate:+5", "rate:"] {
            assert_eq!(ChoiceId::parse(stars), None, "{stars}");
        }
    }
}
