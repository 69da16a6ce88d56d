//! The policy news in a conversation: asked for, listed, named beside an answer, followed.

use std::sync::Arc;

use faq::{Block, NewsId, NewsItem, Theme, TopicId};
use jiff::civil::Date;
use knowledge::news::{NewsDecision, NewsReading};
use serde::{Deserialize, Serialize};

use super::answer::make_room;
use super::choice::{Choice, ChoiceId};
use super::event::{Channel, Decided, Event, Message, Outcome};
use super::state::State;
use super::step::{Context, Reply};
use super::texts;
use super::texts::news as words;

/// Items of one page of a list: with their buttons and the two below them it still fits a phone.
pub(super) const PAGE_ITEMS: usize = 3;
/// Lines of details that are shown at once; what is beyond is folded.
const DETAIL_LINES_SHOWN_MAX: usize = 8;
/// Items of one digest; more are a list, which a button opens.
pub const DIGEST_ITEMS_MAX: usize = 8;

/// How often somebody is sent the news that they follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// As soon as they are there, outside the quiet hours.
    Now,
    /// Once a day at most, in the morning.
    #[default]
    Daily,
    /// On Monday mornings.
    Weekly,
}

impl Cadence {
    /// The word for it in buttons and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Cadence::Now => "now",
            Cadence::Daily => "daily",
            Cadence::Weekly => "weekly",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(name: &str) -> Option<Cadence> {
        [Cadence::Now, Cadence::Daily, Cadence::Weekly].into_iter().find(|cadence| cadence.name() == name)
    }
}

/// The news that somebody is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Of these themes; empty is all.
    pub themes: Vec<Theme>,
    /// How often.
    pub cadence: Cadence,
}

impl Following {
    /// Whether an item is among them.
    pub fn includes(&self, item: &NewsItem) -> bool {
        self.themes.is_empty() || item.themes.iter().any(|theme| self.themes.contains(theme))
    }
}

/// The reply to a question that wants news instead of an answer of the FAQ; `None` when it wants none.
pub(super) fn instead(state: &State, reading: &NewsReading, context: &Context<'_>) -> Option<Reply> {
    match &reading.decision {
        NewsDecision::Nothing | NewsDecision::Mention(_) => None,
        NewsDecision::Latest(theme) => {
            let reply = list(state, *theme, 0, context);
            let first = context.news.latest(*theme).next().map(|item| item.id.clone());
            Some(reply.decided(decided_by_tap(context, first)))
        }
        NewsDecision::Give(item) => Some(give(state, item, context)),
    }
}

/// Names the item that a question about a change found besides.
pub(super) fn mention(reading: &NewsReading, reply: &mut Reply) {
    if let NewsDecision::Mention(item) = &reading.decision
        && reply.outcome == Outcome::Answered
    {
        name_beside(item, &mut reply.message);
        if let Some(decided) = &mut reply.decided {
            decided.news = Some(item.id.clone());
        }
    }
}

/// Names the item that changed the facts of a topic a short while ago, or will.
pub(super) fn beside(topic: &TopicId, reply: &mut Reply, context: &Context<'_>) {
    let item = context.faq().topic(topic.as_str()).and_then(|topic| context.news.news_of(topic, context.today()));
    if let Some(item) = item {
        name_beside(item, &mut reply.message);
    }
}

/// "Mới: ..." under an answer, with a way to the whole item. Once, whoever asks for it.
fn name_beside(item: &NewsItem, message: &mut Message) {
    let choice = Choice::new(ChoiceId::News(item.id.clone()), words::SHOW_ITEM);
    if message.choices.contains(&choice) {
        return;
    }
    // One is enough: what was asked for comes before what is only new.
    let is_news = |choice: &Choice| matches!(ChoiceId::parse(&choice.id), Some(ChoiceId::News(_)));
    if let Some(at) = message.choices.iter().position(is_news) {
        message.choices.remove(at);
        message.blocks.pop();
    }
    message.blocks.push(Block::Paragraph { spans: words::new_line(item) });
    message.choices.insert(message.choices.len().min(1), choice);
    make_room(&mut message.choices);
}

/// A page of the latest news of a theme.
pub(super) fn list(state: &State, theme: Option<Theme>, page: u16, context: &Context<'_>) -> Reply {
    let start = usize::from(page) * PAGE_ITEMS;
    let mut items = context.news.latest(theme).skip(start);
    let shown: Vec<&Arc<NewsItem>> = items.by_ref().take(PAGE_ITEMS).collect();
    let more = items.next().is_some();
    if shown.is_empty() {
        let elsewhere = context.faq().topic(words::NEWS_ELSEWHERE_TOPIC);
        let choices = elsewhere.into_iter().map(|topic| Choice::new(ChoiceId::Topic(topic.id.clone()), topic.title.clone()));
        let choices = choices.chain([words::themes_choice(), texts::operator_choice()]);
        return Reply::say(Outcome::Action, words::no_items(theme)).offering(choices);
    }
    let today = context.today();
    let mut blocks = vec![Block::Heading { text: words::list_heading(theme, page) }];
    blocks.push(Block::Bullets { items: shown.iter().map(|item| words::list_line(item, today)).collect() });
    let mut choices: Vec<Choice> = shown.iter().map(|item| words::item_choice(item)).collect();
    choices.extend(more.then(|| words::older_choice(theme, page.saturating_add(1))));
    choices.push(words::themes_choice());
    if !more && follows_here(state, context) {
        choices.push(words::follow_choice(theme));
    }
    Reply::say(Outcome::Action, blocks).offering(choices)
}

/// The themes to choose from.
pub(super) fn themes() -> Reply {
    let choices = Theme::ALL.into_iter().map(words::theme_choice);
    Reply::say(Outcome::Action, words::choose_theme()).offering(choices)
}

/// One item, tapped.
pub(super) fn show(state: &State, id: &NewsId, context: &Context<'_>) -> Reply {
    match context.news.get(id.as_str()) {
        Some(item) => give(state, item, context),
        None => Reply::say(Outcome::Missed, words::gone()).offering([words::list_choice(None), texts::operator_choice()]),
    }
}

fn give(state: &State, item: &NewsItem, context: &Context<'_>) -> Reply {
    let follows = follows_here(state, context);
    let mut message = message_of(item, context.today());
    let topics = super::answer::topic_choices(context.faq(), &item.topics, 1);
    message.choices = topics;
    message.choices.push(words::list_choice(item.themes.first().copied()));
    if follows && state.following.as_ref().is_none_or(|following| !following.includes(item)) {
        message.choices.push(words::follow_choice(item.themes.first().copied()));
    }
    message.choices.push(texts::operator_choice());
    let decided = decided_by_tap(context, Some(item.id.clone()));
    Reply { message, ..Reply::say(Outcome::Answered, Vec::new()) }.decided(decided)
}

fn decided_by_tap(context: &Context<'_>, news: Option<NewsId>) -> Decided {
    Decided {
        index_version: context.knowledge.index_version().to_owned(),
        candidates: Vec::new(),
        topic: None,
        answer_threshold: 0.0,
        about: None,
        next: None,
        news,
    }
}

/// The whole of an item, without buttons.
pub fn message_of(item: &NewsItem, today: Date) -> Message {
    let mut blocks = vec![Block::Heading { text: item.title.clone() }];
    blocks.extend(item.is_old(today).then(|| words::old(item)));
    blocks.push(Block::Paragraph { spans: item.summary.clone() });
    let mut more = Vec::new();
    let total: usize = item.details.iter().map(Block::lines).sum();
    if total <= DETAIL_LINES_SHOWN_MAX {
        blocks.extend(item.details.iter().cloned());
    } else {
        more.extend(item.details.iter().cloned());
    }
    blocks.push(Block::Paragraph { spans: words::source_line(item) });
    Message { blocks, more, basis: item.basis.clone(), reviewed: item.reviewed, ..Message::default() }
}

/// What is sent to somebody who follows the news: one item whole, several as a list. `None` of nothing.
pub fn digest(items: &[Arc<NewsItem>], today: Date) -> Option<Event> {
    let first = items.first()?;
    let mut message = if items.len() == 1 {
        message_of(first, today)
    } else {
        let lines = items.iter().take(DIGEST_ITEMS_MAX).map(|item| words::list_line(item, today));
        let mut blocks = vec![Block::Heading { text: words::digest_heading(items.len()) }];
        blocks.push(Block::Bullets { items: lines.collect() });
        Message { blocks, choices: items.iter().take(PAGE_ITEMS).map(|item| words::item_choice(item)).collect(), ..Message::default() }
    };
    message.choices.push(words::stop_choice());
    Some(Event::News { items: items.iter().map(|item| item.id.clone()).collect(), message })
}

/// Whether news can be sent to this conversation: only a channel that reaches people when they do not look.
fn follows_here(state: &State, context: &Context<'_>) -> bool {
    state.channel.unwrap_or(context.channel) == Channel::Telegram
}

/// Follows a theme beside those that are followed already.
pub(super) fn follow(state: &State, theme: Option<Theme>) -> Reply {
    let before = state.following.clone();
    let cadence = before.as_ref().map(|following| following.cadence).unwrap_or_default();
    let themes = match (theme, before) {
        (None, _) => Vec::new(),
        (Some(theme), None) => vec![theme],
        // Who follows all follows this one too.
        (Some(_), Some(Following { themes, .. })) if themes.is_empty() => themes,
        (Some(theme), Some(Following { mut themes, .. })) => {
            if !themes.contains(&theme) {
                themes.push(theme);
            }
            themes.sort_unstable();
            themes
        }
    };
    followed(state, Following { themes, cadence })
}

/// Changes how often news are sent; follows everything when nothing was followed.
pub(super) fn follow_as(state: &State, cadence: Cadence) -> Reply {
    let themes = state.following.clone().map(|following| following.themes).unwrap_or_default();
    followed(state, Following { themes, cadence })
}

fn followed(state: &State, following: Following) -> Reply {
    if state.channel != Some(Channel::Telegram) {
        return Reply::say(Outcome::Action, words::follow_on_telegram()).offering([words::list_choice(None), texts::operator_choice()]);
    }
    let mut choices: Vec<Choice> = [Cadence::Now, Cadence::Daily, Cadence::Weekly]
        .into_iter()
        .filter(|&cadence| cadence != following.cadence)
        .map(words::cadence_choice)
        .collect();
    if !following.themes.is_empty() {
        choices.push(words::follow_choice(None));
    }
    choices.push(words::stop_choice());
    let mut reply = Reply::say(Outcome::Action, words::followed(&following)).offering(choices);
    reply.events.push(Event::NewsFollowed { following });
    reply
}

/// Sends no more.
pub(super) fn stop(state: &State) -> Reply {
    let mut reply = Reply::say(Outcome::Action, words::stopped()).offering([words::list_choice(None), words::follow_choice(None)]);
    if state.following.is_some() {
        reply.events.push(Event::NewsStopped);
    }
    reply
}

/// The label of a button that is no longer on the screen.
pub(super) fn default_label(choice: &ChoiceId, context: &Context<'_>) -> Option<String> {
    Some(match choice {
        ChoiceId::News(item) => context.news.get(item.as_str())?.title.clone(),
        ChoiceId::NewsList(theme, 0) => words::list_choice(*theme).label,
        ChoiceId::NewsList(theme, page) => words::older_choice(*theme, *page).label,
        ChoiceId::NewsThemes => words::themes_choice().label,
        ChoiceId::FollowNews(theme) => words::follow_choice(*theme).label,
        ChoiceId::FollowAs(cadence) => words::cadence_choice(*cadence).label,
        ChoiceId::StopNews => words::stop_choice().label,
        _ => return None,
    })
}

/// Whether a choice about news is one that some message may have offered.
pub(super) fn is_ours(item: &NewsId, id: &str, state: &State, context: &Context<'_>) -> bool {
    context.news.get(item.as_str()).is_some() || state.offered.iter().any(|offered| offered.id == id)
}
