//! What a citizen can tap.

use std::fmt;

use faq::{Action, NewsId, Theme, TopicId};
use jiff::civil::Date;
use knowledge::places::{PlaceKind, Sort, UnitKey};
use serde::{Deserialize, Serialize};

use super::calculation::CalculationChoice;
use super::news::Cadence;
use crate::identity::record::What;

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
    /// Something within a calculation.
    Calculation(CalculationChoice),
    /// Look for places in this unit.
    PlaceIn(UnitKey),
    /// Show the places that come after those shown.
    MorePlaces,
    /// Only places of this sort.
    PlacesOf(Sort),
    /// Share where I am. A channel that can asks for the location instead of sending this.
    Here,
    /// Something is wrong with a place that was shown.
    ReportPlace,
    /// With this one.
    WrongPlace(PlaceKind, String),
    /// Open the secure form. Channels that have one open it themselves.
    Verify,
    /// Show a part of the citizen's own record.
    Look(What),
    /// End what was proved.
    SignOut,
    /// Print the history. Only the widget can.
    Print,
    /// Share the citizen's own contact. Only Telegram can.
    ShareContact,
    /// Take this message away. Only Telegram can.
    DeleteMessage,
    /// Wishes to erase the conversation: is asked once more.
    AskErase,
    /// Is sure: erase it. Without having been asked, the citizen is asked.
    Erase,
    /// Do not erase it.
    Keep,
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
            ChoiceId::Verify => f.write_str("verify"),
            ChoiceId::Look(what) => write!(f, "look:{}", what.name()),
            ChoiceId::SignOut => f.write_str("sign-out"),
            ChoiceId::Print => f.write_str("print"),
            ChoiceId::ShareContact => f.write_str("share-contact"),
            ChoiceId::DeleteMessage => f.write_str("delete-message"),
            ChoiceId::AskErase => f.write_str("ask-erase"),
            ChoiceId::Erase => f.write_str("erase"),
            ChoiceId::Keep => f.write_str("keep"),
            ChoiceId::Do(action) => f.write_str(match action {
                Action::Lookup => "lookup",
                Action::NearOffice => "near-office",
                Action::NearCollectionPoint => "near-collection-point",
                Action::NearFacility => "near-facility",
                Action::News => "news",
                Action::Operator => "operator",
                Action::CalcLumpSum => "calc-lump-sum",
                Action::CalcPension => "calc-pension",
                Action::CalcRetirementDate => "calc-retirement-date",
                Action::CalcUnemployment => "calc-unemployment",
                Action::CalcMaternity => "calc-maternity",
                Action::CalcSickness => "calc-sickness",
                Action::CalcHouseholdHealth => "calc-household-health",
                Action::CalcVoluntary => "calc-voluntary",
                Action::CalcBill => "calc-bill",
            }),
            ChoiceId::Calculation(choice) => write!(f, "calc:{choice}"),
            ChoiceId::PlaceIn(unit) => write!(f, "place-in:{unit}"),
            ChoiceId::MorePlaces => f.write_str("place-more"),
            ChoiceId::PlacesOf(sort) => write!(f, "place-sort:{}", sort.name()),
            ChoiceId::Here => f.write_str("place-here"),
            ChoiceId::ReportPlace => f.write_str("place-report"),
            ChoiceId::WrongPlace(kind, id) => write!(f, "place-wrong:{}{id}", kind.letter()),
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
        if let Some(rest) = text.strip_prefix("calc:") {
            return CalculationChoice::parse(rest).map(ChoiceId::Calculation);
        }
        if let Some(rest) = text.strip_prefix("place-") {
            return ChoiceId::parse_place(rest);
        }
        if let Some(what) = text.strip_prefix("look:") {
            return What::parse(what).map(ChoiceId::Look);
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
            "verify" => ChoiceId::Verify,
            "sign-out" => ChoiceId::SignOut,
            "print" => ChoiceId::Print,
            "share-contact" => ChoiceId::ShareContact,
            "delete-message" => ChoiceId::DeleteMessage,
            "ask-erase" => ChoiceId::AskErase,
            "erase" => ChoiceId::Erase,
            "keep" => ChoiceId::Keep,
            "lookup" => ChoiceId::Do(Action::Lookup),
            "near-office" => ChoiceId::Do(Action::NearOffice),
            "near-collection-point" => ChoiceId::Do(Action::NearCollectionPoint),
            "near-facility" => ChoiceId::Do(Action::NearFacility),
            "news" => ChoiceId::Do(Action::News),
            "calc-lump-sum" => ChoiceId::Do(Action::CalcLumpSum),
            "calc-pension" => ChoiceId::Do(Action::CalcPension),
            "calc-retirement-date" => ChoiceId::Do(Action::CalcRetirementDate),
            "calc-unemployment" => ChoiceId::Do(Action::CalcUnemployment),
            "calc-maternity" => ChoiceId::Do(Action::CalcMaternity),
            "calc-sickness" => ChoiceId::Do(Action::CalcSickness),
            "calc-household-health" => ChoiceId::Do(Action::CalcHouseholdHealth),
            "calc-voluntary" => ChoiceId::Do(Action::CalcVoluntary),
            "calc-bill" => ChoiceId::Do(Action::CalcBill),
            "news-themes" => ChoiceId::NewsThemes,
            "news-stop" => ChoiceId::StopNews,
            _ => return None,
        })
    }
}

impl ChoiceId {
    /// Longer ids of places are none: a button carries 64 bytes.
    pub(crate) const PLACE_ID_BYTES_MAX: usize = 48;

    fn parse_place(text: &str) -> Option<ChoiceId> {
        match text.split_once(':') {
            Some(("in", unit)) => UnitKey::parse(unit).map(ChoiceId::PlaceIn),
            Some(("sort", sort)) => Sort::parse(sort).map(ChoiceId::PlacesOf),
            Some(("wrong", place)) => {
                let kind = PlaceKind::of_letter(place.get(..1)?)?;
                let id = &place[1..];
                let fits = (1..=ChoiceId::PLACE_ID_BYTES_MAX).contains(&id.len());
                let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                (fits && plain).then(|| ChoiceId::WrongPlace(kind, id.to_owned()))
            }
            None if text == "more" => Some(ChoiceId::MorePlaces),
            None if text == "here" => Some(ChoiceId::Here),
            None if text == "report" => Some(ChoiceId::ReportPlace),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calculator::{Calculator, Slot};

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
            ChoiceId::Do(Action::CalcMaternity),
            ChoiceId::Calculation(CalculationChoice::Menu(2)),
            ChoiceId::Calculation(CalculationChoice::Set(Slot::ChildBirth, "2027-03-15".to_owned())),
            ChoiceId::Calculation(CalculationChoice::Ask(Slot::Region)),
            ChoiceId::Calculation(CalculationChoice::Unknown),
            ChoiceId::Calculation(CalculationChoice::Own(None)),
            ChoiceId::Calculation(CalculationChoice::Own(Some(Calculator::LumpSum))),
            ChoiceId::Calculation(CalculationChoice::Change(4)),
            ChoiceId::Calculation(CalculationChoice::Cancel),
            ChoiceId::Calculation(CalculationChoice::Resume),
            ChoiceId::PlaceIn(UnitKey::parse("w27010").unwrap()),
            ChoiceId::MorePlaces,
            ChoiceId::PlacesOf(Sort::Hospital),
            ChoiceId::Here,
            ChoiceId::ReportPlace,
            ChoiceId::WrongPlace(PlaceKind::Facility, "01G55".to_owned()),
            ChoiceId::Verify,
            ChoiceId::Look(What::Participation),
            ChoiceId::Look(What::Detail(crate::identity::record::Kind::Bhtn)),
            ChoiceId::SignOut,
            ChoiceId::Print,
            ChoiceId::ShareContact,
            ChoiceId::DeleteMessage,
            ChoiceId::AskErase,
            ChoiceId::Erase,
            ChoiceId::Keep,
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
