//! What holds in every conversation, whatever the citizen does.

use harness::dialogue::{Conversation, knowledge, now_ms};
use harness::sources;
use hotro::dialogue::{
    COMPLAINT_TOPIC, Channel, Choice, ChoiceId, Effect, Errand, Event, HandoffReason, Input, MESSAGE_CHARS_MAX, Method, Outcome, Rating,
    Recorded, Situation, State, Turn, Unsupported, Verification, after_resolution,
};
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
            "end-talk",
            "leave-message",
            "rate:3",
            "review",
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

#[test]
fn a_number_with_a_slash_before_it_is_no_answer_to_a_calculation() {
    let mut conversation = Conversation::on(Channel::Web);
    conversation.hear(&Input::Start);
    conversation.hear(&Input::Choice { id: "calc-maternity".to_owned() });
    assert!(conversation.state.calculation.is_some());
    conversation.hear(&Input::Command { name: "2000000001".to_owned() });
    let stored = serde_json::to_string(&conversation.log).expect("a log becomes JSON");
    assert!(!stored.contains("2000000001"), "{stored}");
}

#[test]
fn a_message_left_while_waiting_does_not_queue_again() {
    let mut conversation = Conversation::on(Channel::Web);
    let queues = |turn: &Turn| turn.effects.iter().any(|effect| matches!(effect, Effect::QueueHandoff(_)));
    conversation.hear(&Input::Start);
    assert!(queues(&conversation.hear(&Input::Choice { id: ChoiceId::Operator.to_string() })));
    conversation.hear(&Input::Choice { id: ChoiceId::LeaveMessage.to_string() });
    let left = conversation.hear(&Input::Message { text: "nhờ xem giúp hồ sơ".to_owned() });
    assert!(!queues(&left), "{left:?}");
    assert!(conversation.state.in_queue);
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
            let moved = turn.effects.iter().filter(|effect| !matches!(effect, Effect::Ask { .. } | Effect::ReportPlace { .. } | Effect::FollowNews));
            for effect in moved.clone() {
                let (enters, event) = match effect {
                    Effect::QueueHandoff(reason) => (true, Event::HandoffRequested { reason: *reason }),
                    _ => (false, Event::HandoffLeft),
                };
                prop_assert!(turn.events.contains(&event), "the log tells of {:?}", effect);
                prop_assert_eq!(queued, !enters, "{:?}", turn);
                queued = enters;
            }
            let moves = turn.events.iter().filter(|event| matches!(event, Event::HandoffRequested { .. } | Event::HandoffLeft));
            prop_assert_eq!(moves.count(), moved.count());
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

/// What the operators' side may do between two acts of the citizen.
#[derive(Debug, Clone, Copy)]
enum Move {
    Nothing,
    Claim,
    Release,
    Resolve,
}

impl Move {
    /// What the log tells of it; nothing when it cannot be done.
    fn events(self, state: &State) -> Vec<Event> {
        let owned = state.operator.is_some();
        match self {
            Move::Claim if state.in_queue => vec![Event::HandoffClaimed { operator: "Chị Thu".to_owned(), fence: 1 }],
            Move::Release if owned => {
                vec![Event::HandoffReleased { operator: None, why: "returned".to_owned(), to_operator: None, to_skill: None }]
            }
            Move::Resolve if owned => after_resolution("answered"),
            _ => Vec::new(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_bot_is_silent_exactly_while_an_operator_has_the_conversation(
        (channel, acts) in any_conversation(),
        moves in prop::collection::vec(select(vec![Move::Nothing, Move::Claim, Move::Claim, Move::Release, Move::Resolve]), 12),
    ) {
        let mut conversation = Conversation::on(channel);
        for (act, desk) in acts.iter().zip(moves) {
            for event in desk.events(&conversation.state) {
                conversation.happens(event);
            }
            let (owned, rating) = (conversation.state.operator.is_some(), conversation.state.rating);
            let turn = conversation.hear(&act.input(&conversation.state));
            let replies = turn.events.iter().filter(|event| matches!(event, Event::BotMessage { .. })).count();
            let ended = turn.events.iter().any(|event| matches!(event, Event::HandoffResolved { .. }));
            // Their own data is the citizen's business, whoever has the conversation.
            let about_own_data = turn.events.iter().any(|event| match event {
                Event::BotMessage { message, .. } => message.choices.iter().any(|choice| choice.id == "erase"),
                Event::CitizenChoice { choice, .. } => matches!(choice.as_str(), "erase" | "keep"),
                _ => false,
            });
            if owned && about_own_data {
                prop_assert_eq!(replies, 1, "{:?}", turn);
                let erases = turn.effects.iter().any(|effect| matches!(effect, Effect::Ask { errand: Errand::Erase, .. }));
                prop_assert!(ended == erases && turn.effects.len() == 2 * usize::from(erases), "{:?}", turn);
            } else if owned {
                prop_assert_eq!(replies, usize::from(ended), "{:?}", turn);
                prop_assert_eq!(&turn.effects, &if ended { vec![Effect::LeaveQueue] } else { vec![] });
            } else {
                prop_assert!(replies == 1 && !ended, "{:?}", turn);
            }
            if turn.events.iter().any(|event| matches!(event, Event::Rated { .. })) {
                prop_assert_ne!(rating, Rating::Closed, "only a talk that ended is judged");
            }
            prop_assert!(!(conversation.state.in_queue && conversation.state.operator.is_some()));
        }
        prop_assert_eq!(replayed(&stored_and_loaded(&conversation.log)), conversation.state);
    }
}

/// A conversation in which an operator has it.
fn talking() -> Conversation {
    let mut conversation = Conversation::on(Channel::Web);
    conversation.hear(&tap("operator"));
    conversation.happens(Event::HandoffClaimed { operator: "Chị Thu".to_owned(), fence: 1 });
    conversation
}

fn tap(choice: &str) -> Input {
    Input::Choice { id: choice.to_owned() }
}

fn says(text: &str) -> Input {
    Input::Message { text: text.to_owned() }
}

fn kinds(turn: &Turn) -> Vec<&'static str> {
    turn.events.iter().map(Event::kind).collect()
}

#[test]
fn a_secret_typed_to_an_operator_is_masked_as_well() {
    let mut conversation = talking();
    let turn = conversation.hear(&says("mã số của tôi là 0123456789"));
    assert_eq!(kinds(&turn), ["citizen_message"]);
    assert!(!serde_json::to_string(&turn.events).expect("JSON").contains("0123456789"));
}

#[test]
fn whoever_talks_to_an_operator_can_sign_out_and_have_everything_erased() {
    let mut conversation = talking();
    assert_eq!(kinds(&conversation.hear(&says("đăng xuất"))), ["citizen_message"], "there is nothing to sign out of");
    let verification = Verification { id: uuid::Uuid::from_u128(1), until_ms: now_ms() + 60_000, ending: "5678".to_owned() };
    conversation.hear(&Input::Verified { verification: verification.clone(), by: Method::Otp });
    let turn = conversation.hear(&says("Đăng xuất."));
    assert_eq!(kinds(&turn), ["citizen_message", "verification_ended", "bot_message"]);
    assert!(matches!(turn.effects.as_slice(), [Effect::Ask { errand: Errand::EndVerification, .. }]), "{turn:?}");
    assert!(conversation.state.operator.is_some(), "the talk goes on");
    conversation.hear(&Input::Verified { verification, by: Method::Otp });
    assert_eq!(kinds(&conversation.hear(&tap("sign-out"))), ["citizen_choice", "verification_ended", "bot_message"]);

    for asks in [tap("erase"), says("xóa dữ liệu của tôi"), Input::Command { name: "xoadulieu".to_owned() }] {
        let turn = conversation.hear(&asks);
        assert!(turn.effects.is_empty() && conversation.state.offered.iter().any(|choice| choice.id == "erase"), "{turn:?}");
    }
    // A number that is typed is for the operator.
    assert_eq!(kinds(&conversation.hear(&says("1"))), ["citizen_message"]);
    let sure = conversation.hear(&tap("erase"));
    assert_eq!(kinds(&sure), ["citizen_choice", "handoff_resolved", "bot_message"]);
    assert!(matches!(sure.effects.as_slice(), [Effect::LeaveQueue, Effect::Ask { errand: Errand::Erase, .. }]), "{sure:?}");
    assert!(conversation.state.operator.is_none());
}

#[test]
fn a_talk_is_judged_once_with_a_word_or_without() {
    let mut conversation = talking();
    assert_eq!(kinds(&conversation.hear(&tap("rate:5"))), ["citizen_choice"], "not while it goes on");
    let ended = conversation.hear(&tap("end-talk"));
    assert_eq!(kinds(&ended), ["citizen_choice", "handoff_resolved", "bot_message"]);
    // The number of the button works as well as the tap.
    assert_eq!(kinds(&conversation.hear(&says("4"))), ["citizen_message", "rated", "bot_message"]);
    assert_eq!(conversation.state.rating, Rating::Given(4));
    conversation.hear(&tap("review"));
    let turn = conversation.hear(&says("quên mật khẩu vssid"));
    assert!(turn.events.contains(&Event::Rated { stars: 4, words: Some("quên mật khẩu vssid".to_owned()) }), "{turn:?}");
    // And what comes after it is a question again.
    assert_eq!(kinds(&conversation.hear(&says("quên mật khẩu vssid"))), ["citizen_message", "bot_message"]);
    conversation.hear(&tap("operator"));
    let late = conversation.hear(&tap("rate:1"));
    assert_eq!(kinds(&late), ["citizen_choice", "bot_message"], "another talk is waited for");
}

#[test]
fn out_of_hours_one_message_is_for_the_next_shift() {
    let closed = Situation { open: false, next_opening_ms: Some(now_ms() + 24 * 3_600_000), ..Situation::USUAL };
    let mut conversation = Conversation::on(Channel::Web).at(closed);
    let turn = conversation.hear(&says("gặp nhân viên"));
    assert!(turn.effects.is_empty());
    assert!(format!("{turn:?}").contains("lúc 09:00 ngày 26/11/2026"), "{turn:?}");
    conversation.hear(&tap("leave-message"));
    // Whoever does not write after all is not held to it.
    conversation.hear(&tap("leave-queue"));
    assert!(conversation.hear(&says("quên mật khẩu vssid")).effects.is_empty());
    conversation.hear(&tap("leave-message"));
    assert_eq!(conversation.hear(&says("thẻ của con tôi sai tên")).effects, [Effect::QueueHandoff(HandoffReason::Asked)]);
    assert!(conversation.state.in_queue && conversation.state.writing.is_none());
}

#[test]
fn who_asks_for_an_operator_after_a_complaint_is_served_first() {
    assert!(knowledge().faq().topic(COMPLAINT_TOPIC).is_some(), "{COMPLAINT_TOPIC} is a topic");
    let mut conversation = Conversation::on(Channel::Web);
    conversation.hear(&tap(&format!("topic:{COMPLAINT_TOPIC}")));
    assert_eq!(conversation.hear(&tap("operator")).effects, [Effect::QueueHandoff(HandoffReason::Complaint)]);
}

#[test]
fn switches_leave_a_way_to_a_person() {
    let notice = Some("Bảo trì đến 15:00.".to_owned());
    let mut bot_off = Conversation::on(Channel::Web).at(Situation { bot_enabled: false, notice: notice.clone(), ..Situation::USUAL });
    let turn = bot_off.hear(&says("quên mật khẩu vssid"));
    assert!(format!("{turn:?}").contains("Bảo trì đến 15:00."), "{turn:?}");
    assert_eq!(bot_off.hear(&tap("operator")).effects, [Effect::QueueHandoff(HandoffReason::Asked)]);
    let mut no_handoff = Conversation::on(Channel::Web).at(Situation { handoff_enabled: false, notice, ..Situation::USUAL });
    let turn = no_handoff.hear(&tap("operator"));
    assert!(turn.effects.is_empty() && format!("{turn:?}").contains("tel:19009068"), "{turn:?}");
}

#[test]
fn the_dialogue_knows_no_clock_no_chance_and_no_outside() {
    assert!(sources::pure("bot/src/dialogue") >= 5);
    // What it imports from elsewhere.
    for file in ["record.rs", "code.rs", "birth.rs"] {
        sources::pure(&format!("bot/src/identity/{file}"));
    }
    // The examples and their properties are drawn by chance; the calculators themselves are not.
    for file in ["answers", "bill", "exact", "household_health", "law", "lump_sum", "maternity", "mod", "pension", "record", "unemployment"]
    {
        sources::pure(&format!("bot/src/calculator/{file}.rs"));
    }
}
