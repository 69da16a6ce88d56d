//! From a topic to what is said.

use faq::{About, Action, Block, Faq, Rule, Topic, TopicId};
use jiff::civil::Date;

use super::choice::{Choice, ChoiceId};
use super::event::Message;
use super::texts;

/// Lines of details that are shown at once; what is beyond is folded.
const DETAIL_LINES_SHOWN_MAX: usize = 10;
/// Actions of a topic that get a button: "tính giúp tôi" and "tra cứu của tôi" belong together.
const ACTIONS_SHOWN_MAX: usize = 2;

/// The answer of a topic to a question about the time `about`; `None` when it may not be given as current.
pub(super) fn answer(faq: &Faq, topic: &Topic, today: Date, about: Option<&About>) -> Option<Message> {
    let answer = faq.answer(topic, today, about)?;
    let mut choices = answer_choices(topic);
    if matches!(answer.rule, Rule::Then(_) | Rule::AmountsThen) {
        choices.insert(0, texts::todays_rule_choice(&topic.id));
    } else if let Some(period) = answer.other_times.first() {
        choices.insert(0, texts::other_time_choice(&topic.id, period, today));
    }
    make_room(&mut choices);
    let lead = about.and_then(|about| texts::rule_given(&about.time, &answer.rule));
    let mut blocks: Vec<Block> = lead.map(Block::text).into_iter().collect();
    let more = if let Rule::Then(sections) = answer.rule {
        let several = sections.len() > 1;
        for section in sections {
            blocks.extend(several.then_some(Block::Heading { text: section.heading }));
            blocks.extend(section.blocks);
        }
        blocks.push(Block::Heading { text: texts::TODAYS_RULE.to_owned() });
        blocks.push(Block::Paragraph { spans: answer.short });
        answer.details
    } else {
        let (shown, more) = fold(answer.details);
        blocks.push(Block::Paragraph { spans: answer.short });
        blocks.extend(shown);
        more
    };
    Some(Message {
        blocks,
        more,
        basis: answer.citations,
        reviewed: Some(answer.reviewed),
        stale: answer.stale,
        choices,
        ..Message::default()
    })
}

/// Splits the details where a section begins, so that no heading loses its list.
fn fold(details: Vec<Block>) -> (Vec<Block>, Vec<Block>) {
    let total: usize = details.iter().map(Block::lines).sum();
    if total <= DETAIL_LINES_SHOWN_MAX {
        return (details, Vec::new());
    }
    let mut lines = 0;
    let mut cut = 0;
    for (at, block) in details.iter().enumerate() {
        if matches!(block, Block::Heading { .. }) {
            cut = at;
        }
        lines += block.lines();
        if lines > DETAIL_LINES_SHOWN_MAX {
            break;
        }
    }
    let mut shown = details;
    let more = shown.split_off(cut);
    (shown, more)
}

fn answer_choices(topic: &Topic) -> Vec<Choice> {
    let actions = topic.actions.iter().filter(|&&action| action != Action::Operator).take(ACTIONS_SHOWN_MAX);
    let mut choices: Vec<Choice> = actions.map(|&action| Choice::new(ChoiceId::Do(action), texts::action_label(action))).collect();
    if !topic.related.is_empty() {
        choices.push(texts::related_choice(&topic.id));
    }
    choices.push(texts::wrong_choice(&topic.id));
    choices.push(texts::operator_choice());
    choices
}

/// Leaves out what is missed least until the buttons fit: the neighbours of a topic, then its second action.
pub(super) fn make_room(choices: &mut Vec<Choice>) {
    let is_action = |choice: &Choice| matches!(ChoiceId::parse(&choice.id), Some(ChoiceId::Do(_)));
    if choices.len() > Choice::MAX {
        choices.retain(|choice| !matches!(ChoiceId::parse(&choice.id), Some(ChoiceId::Related(_))));
    }
    if choices.len() > Choice::MAX
        && choices.iter().filter(|choice| is_action(choice)).count() > 1
        && let Some(second) = choices.iter().rposition(is_action)
    {
        choices.remove(second);
    }
    choices.truncate(Choice::MAX);
}

/// Buttons for some topics; unknown ids are left out.
pub(super) fn topic_choices<'a>(faq: &Faq, ids: impl IntoIterator<Item = &'a TopicId>, limit: usize) -> Vec<Choice> {
    ids.into_iter()
        .filter_map(|id| faq.topic(id.as_str()))
        .map(|topic| Choice::new(ChoiceId::Topic(topic.id.clone()), topic.title.clone()))
        .take(limit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faq::Span;

    fn bullets(count: usize) -> Block {
        Block::Bullets { items: vec![vec![Span::plain("x")]; count] }
    }

    #[test]
    fn long_details_fold_where_a_section_begins() {
        let heading = || Block::Heading { text: "h".to_owned() };
        let details = vec![heading(), bullets(4), heading(), bullets(4), heading(), bullets(5)];
        let (shown, more) = fold(details);
        assert_eq!((shown.len(), more.len()), (4, 2));
        let (shown, more) = fold(vec![bullets(10)]);
        assert_eq!((shown.len(), more.len()), (1, 0));
        let (shown, more) = fold(vec![bullets(12)]);
        assert_eq!((shown.len(), more.len()), (0, 1));
    }
}
