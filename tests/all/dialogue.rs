//! What holds in every conversation, whatever the citizen does.

use harness::dialogue::Conversation;
use harness::sources;
use hotro::dialogue::{Channel, Choice, Effect, Event, Input, MESSAGE_CHARS_MAX, Outcome, Recorded, State, Unsupported};
use proptest::prelude::*;
use proptest::sample::select;

/// What a citizen may do next.
#[derive(Debug, Clone)]
enum Act {
    Hear(Input),
    /// Taps one of the buttons under the last message, if there are any.
    TapOffered(usize),
}

impl Act {
    fn input(&self, state: &State) -> Input {
        match self {
            Act::Hear(input) => input.clone(),
            Act::TapOffered(_) if state.offered.is_empty() => Input::Start,
            Act::TapOffered(number) => Input::Choice { id: state.offered[number % state.offered.len()].id.clone() },
        }
    }
}

/// Plausible things to say: questions, follow-ups, every kind of small talk.
fn plausible() -> impl Strategy<Value = String> {
    select(vec![
        "quên mật khẩu vssid",
        "rut bhxh 1 lan dc bao nhieu tien",
        "nghỉ thai sản được mấy tháng",
        "thế còn chồng thì sao?",
        "giá vàng hôm nay",
        "cách nấu phở bò",
        "xin chào",
        "giúp",
        "cảm ơn",
        "cho gặp nhân viên",
        "hủy",
        "nhắc lại",
        "đúng rồi",
        "không",
        "chưa đúng ý",
        "bot ngu",
        "hay quá",
        "bạn là ai",
        "tra cứu",
        "gần đây",
        "tin tức",
        "xóa dữ liệu của tôi",
        "1",
        "2",
        "số 3",
        "9",
        "Chưa đúng ý",
        "Không phải các ý trên",
        "Rời hàng đợi",
        "tạm biệt",
        "kể chuyện cười",
    ])
    .prop_map(str::to_owned)
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\PC\\u{0}-\\u{1f}\\u{300}-\\u{36f}\\u{202a}-\\u{202e}😀]{0,60}",
        "(<script>|'; drop table|\\$\\{|%s|\\.\\./|\\[mã số đã che\\]|tel:|[a-zà-ỹ ]){0,12}",
        (1..3 * MESSAGE_CHARS_MAX).prop_map(|length| "ờ".repeat(length)),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let choice = prop_oneof![
        select(vec![
            "none",
            "operator",
            "leave-queue",
            "help",
            "lookup",
            "near-office",
            "news",
            "topic:vssid/login",
            "related:vssid/login"
        ])
        .prop_map(str::to_owned),
        "(topic|related|wrong|drop)?:?[a-z/.-]{0,30}",
        any::<String>(),
    ];
    let command = prop_oneof![
        select(vec!["start", "help", "tracuu", "gan", "tintuc", "tongdai", "xoadulieu"]).prop_map(str::to_owned),
        any::<String>(),
    ];
    let unreadable = select(vec![
        Unsupported::Sticker,
        Unsupported::Photo,
        Unsupported::Voice,
        Unsupported::File,
        Unsupported::Location,
        Unsupported::Contact,
        Unsupported::Other,
    ]);
    prop_oneof![
        1 => Just(Act::Hear(Input::Start)),
        6 => plausible().prop_map(|text| Act::Hear(Input::Message { text })),
        3 => hostile().prop_map(|text| Act::Hear(Input::Message { text })),
        5 => any::<usize>().prop_map(Act::TapOffered),
        2 => choice.prop_map(|id| Act::Hear(Input::Choice { id })),
        1 => command.prop_map(|name| Act::Hear(Input::Command { name })),
        1 => unreadable.prop_map(|what| Act::Hear(Input::Unsupported(what))),
    ]
}

fn any_conversation() -> impl Strategy<Value = (Channel, Vec<Act>)> {
    let channel = select(vec![Channel::Web, Channel::Telegram, Channel::Terminal]);
    (channel, prop::collection::vec(any_act(), 1..12))
}

fn converse(channel: Channel, acts: &[Act]) -> Conversation {
    let mut conversation = Conversation::on(channel);
    for act in acts {
        conversation.hear(&act.input(&conversation.state));
    }
    conversation
}

fn replayed(log: &[Recorded]) -> State {
    log.iter().fold(State::default(), |mut state, recorded| {
        state.apply(recorded);
        state
    })
}

/// Through the JSON in which the store keeps it.
fn stored_and_loaded<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("it becomes JSON");
    serde_json::from_str(&json).expect("it comes back from JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn replaying_the_stored_log_gives_the_state((channel, acts) in any_conversation()) {
        let conversation = converse(channel, &acts);
        prop_assert_eq!(replayed(&stored_and_loaded(&conversation.log)), conversation.state);
    }

    #[test]
    fn a_snapshot_and_the_rest_of_the_log_give_the_state((channel, acts) in any_conversation(), cut in any::<prop::sample::Index>()) {
        let conversation = converse(channel, &acts);
        let (before, after) = conversation.log.split_at(cut.index(conversation.log.len()));
        let mut state = stored_and_loaded(&replayed(before));
        after.iter().for_each(|recorded| state.apply(recorded));
        prop_assert_eq!(state, conversation.state);
    }

    #[test]
    fn a_log_begins_once_and_is_numbered_without_gaps((channel, acts) in any_conversation()) {
        let conversation = converse(channel, &acts);
        prop_assert!(conversation.log.iter().map(|recorded| recorded.seq).eq(1..=conversation.state.seq));
        let started: Vec<u64> = conversation.log.iter().filter(|recorded| recorded.event == Event::Started { channel }).map(|recorded| recorded.seq).collect();
        prop_assert_eq!(started, [1]);
    }

    #[test]
    fn the_same_arguments_give_the_same_turn((channel, acts) in any_conversation(), next in any_act()) {
        let conversation = converse(channel, &acts);
        let input = next.input(&conversation.state);
        prop_assert_eq!(conversation.step(&input), conversation.step(&input));
    }

    #[test]
    fn every_input_is_replied_to_once_and_readably((channel, acts) in any_conversation()) {
        let mut conversation = Conversation::on(channel);
        for act in &acts {
            let turn = conversation.hear(&act.input(&conversation.state));
            let replies: Vec<_> = turn.events.iter().filter_map(|event| match event {
                Event::BotMessage { outcome, message, .. } => Some((outcome, message)),
                _ => None,
            }).collect();
            prop_assert_eq!(replies.len(), 1, "{:?}", turn);
            let (outcome, message) = replies[0];
            prop_assert!(matches!(turn.events.last(), Some(Event::BotMessage { .. })), "the reply ends the turn");
            prop_assert!(!message.blocks.is_empty(), "nothing is said: {:?}", turn);
            prop_assert!(message.choices.len() <= Choice::MAX);
            prop_assert!(*outcome != Outcome::Clarify || message.choices.len() >= 2, "a clarification offers a choice: {:?}", turn);
        }
    }

    #[test]
    fn a_conversation_is_queued_at_most_once((channel, acts) in any_conversation()) {
        let mut conversation = Conversation::on(channel);
        let mut queued = false;
        for act in &acts {
            let turn = conversation.hear(&act.input(&conversation.state));
            for effect in &turn.effects {
                let (enters, event) = match effect {
                    Effect::QueueHandoff(reason) => (true, Event::HandoffRequested { reason: *reason }),
                    Effect::LeaveQueue => (false, Event::HandoffLeft),
                };
                prop_assert!(turn.events.contains(&event), "the log tells of {:?}", effect);
                prop_assert_eq!(queued, !enters, "{:?}", turn);
                queued = enters;
            }
            let moves = turn.events.iter().filter(|event| matches!(event, Event::HandoffRequested { .. } | Event::HandoffLeft));
            prop_assert_eq!(moves.count(), turn.effects.len());
            prop_assert_eq!(conversation.state.in_queue, queued);
        }
    }

    #[test]
    fn no_secret_number_is_stored(
        (channel, acts) in any_conversation(),
        // Ending otherwise than an amount, beginning otherwise than a service number.
        secret in "[2-9][0-9]{8}[1-9]|0[0-9]{10}[1-9]",
        (before, after) in select(vec![
            ("", ""), ("mã số bhxh của tôi là ", ""), ("cccd ", " tra giúp tôi"), ("quên mật khẩu vssid, mã ", " thì lấy lại thế nào"),
            ("😀", "😀"), ("số 1 ", ""), ("thế còn ", " thì sao"), ("/", ""), ("<b>", "</b>"), ("nhắc lại ", ""),
        ]),
        as_command in any::<bool>(),
    ) {
        let mut conversation = converse(channel, &acts);
        let text = format!("{before}{secret}{after}");
        conversation.hear(&if as_command { Input::Command { name: text } } else { Input::Message { text } });
        conversation.hear(&Input::Message { text: "nhắc lại".to_owned() });
        let stored = serde_json::to_string(&conversation.log).expect("a log becomes JSON");
        prop_assert!(!stored.contains(&secret), "{}", stored);
    }
}

#[test]
fn the_dialogue_knows_no_clock_no_chance_and_no_outside() {
    assert!(sources::pure("bot/src/dialogue") >= 5);
}
