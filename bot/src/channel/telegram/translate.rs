//! From Telegram's words to ours: a table, and nothing else.

use teloxide::types::{
    CallbackQuery, CallbackQueryId, ChatMemberKind, ChatMemberUpdated, MediaKind, Message, MessageKind, Update, UpdateKind,
};

use crate::conversation::Phone;
use crate::dialogue::{ChoiceId, Input, Unsupported, texts};

/// The prefix of every input's id.
const INPUT_PREFIX: &str = "tg";

/// What an update means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A citizen said or tapped something in the private chat.
    Said(Said),
    /// The citizen has blocked the bot, or has come back.
    Blocked {
        /// The private chat.
        chat_id: i64,
        /// False: came back.
        blocked: bool,
    },
    /// A group called a bot by its name.
    CalledInGroup {
        /// The group.
        chat_id: i64,
        /// The name, without `@`: it may be another bot's.
        bot: String,
    },
    /// Nothing: other kinds, other bots, groups among themselves.
    Nothing,
}

impl Meaning {
    /// The word for it in metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Meaning::Said(_) => "said",
            Meaning::Blocked { .. } => "blocked",
            Meaning::CalledInGroup { .. } => "group",
            Meaning::Nothing => "nothing",
        }
    }
}

/// An input, and what is needed to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The private chat.
    pub(super) chat_id: i64,
    /// Names the input; the same update has the same id whenever it comes. [`message_of`] reads it.
    pub(super) input_id: String,
    /// In the dialogue's words.
    pub(super) input: Input,
    /// A tap waits for a sign that it was noticed.
    pub(super) tap: Option<CallbackQueryId>,
    /// A photo or a file that came with it, or that is all of it: for operators to look at.
    pub(super) file: Option<SentFile>,
}

/// A photo or a file on Telegram's servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SentFile {
    /// Telegram's name of it.
    pub(super) file_id: String,
    /// Names it as an input of its own: an album is one input to the bot and many files to an operator.
    pub(super) input_id: String,
    /// It is all of the message: [`Said::input`] says only that the bot cannot read it.
    pub(super) alone: bool,
}

/// The message that an input came with: a secret in it is deleted there. `None` for inputs of other channels and for taps.
pub(super) fn message_of(input_id: &str) -> Option<i32> {
    let mut parts = input_id.split(':');
    let (prefix, update, message) = (parts.next()?, parts.next()?, parts.next()?);
    let ours = prefix == INPUT_PREFIX && update.parse::<u32>().is_ok() && parts.next().is_none();
    if ours { message.parse().ok() } else { None }
}

/// What an update means to us.
pub(super) fn translate(update: &Update) -> Meaning {
    match &update.kind {
        UpdateKind::Message(message) => sent(update.id.0, message),
        UpdateKind::EditedMessage(message) => edited(update.id.0, message),
        UpdateKind::CallbackQuery(query) => tapped(update.id.0, query),
        UpdateKind::MyChatMember(change) => membership(change),
        _ => Meaning::Nothing,
    }
}

fn sent(update_id: u32, message: &Message) -> Meaning {
    if from_bot(message) {
        return Meaning::Nothing;
    }
    if !message.chat.is_private() {
        return called_in_group(message);
    }
    if let MessageKind::Common(common) = &message.kind
        && let MediaKind::Contact(shared) = &common.media_kind
    {
        // Their own, and no other's: Telegram says whose it is.
        let is_own = message.from.as_ref().is_some_and(|from| shared.contact.user_id == Some(from.id));
        let own = Phone::parse(&shared.contact.phone_number).filter(|_| is_own);
        return Meaning::Said(Said {
            chat_id: message.chat.id.0,
            input_id: input_id(update_id, message),
            input: Input::Contact { own },
            tap: None,
            file: None,
        });
    }
    let (input, input_id) = match words(message) {
        Some(words) => (spoken(words), input_id(update_id, message)),
        None => match (place(message), unreadable(&message.kind)) {
            (Some(place), _) => (place, input_id(update_id, message)),
            (None, Some(what)) => (Input::Unsupported(what), album_id(message).unwrap_or_else(|| input_id(update_id, message))),
            (None, None) => return Meaning::Nothing,
        },
    };
    let file = file_of(&message.kind).map(|file_id| SentFile {
        file_id,
        input_id: format!("{}:file", self::input_id(update_id, message)),
        alone: matches!(input, Input::Unsupported(_)),
    });
    Meaning::Said(Said { chat_id: message.chat.id.0, input_id, input, tap: None, file })
}

/// The photo, in its largest size, or the file of a message.
fn file_of(kind: &MessageKind) -> Option<String> {
    let MessageKind::Common(common) = kind else { return None };
    match &common.media_kind {
        MediaKind::Photo(photo) => {
            photo.photo.iter().max_by_key(|size| u64::from(size.width) * u64::from(size.height)).map(|size| size.file.id.0.clone())
        }
        MediaKind::Document(document) => Some(document.document.file.id.0.clone()),
        _ => None,
    }
}

/// An edited message is heard again. Other edits are not: a live location is edited every few seconds.
fn edited(update_id: u32, message: &Message) -> Meaning {
    if words(message).is_some() && message.chat.is_private() { sent(update_id, message) } else { Meaning::Nothing }
}

fn tapped(update_id: u32, query: &CallbackQuery) -> Meaning {
    let (Some(message), Some(id)) = (&query.message, &query.data) else {
        return Meaning::Nothing;
    };
    let chat = message.chat();
    if query.from.is_bot || !chat.is_private() {
        return Meaning::Nothing;
    }
    Meaning::Said(Said {
        chat_id: chat.id.0,
        input_id: match ChoiceId::parse(id) {
            // The message under whose button this is goes.
            Some(ChoiceId::DeleteMessage) => format!("{INPUT_PREFIX}:{update_id}:{}", message.id().0),
            _ => format!("{INPUT_PREFIX}:{update_id}"),
        },
        input: Input::Choice { id: id.clone() },
        tap: Some(query.id.clone()),
        file: None,
    })
}

fn membership(change: &ChatMemberUpdated) -> Meaning {
    if !change.chat.is_private() {
        return Meaning::Nothing;
    }
    let chat_id = change.chat.id.0;
    match change.new_chat_member.kind {
        ChatMemberKind::Banned(_) | ChatMemberKind::Left => Meaning::Blocked { chat_id, blocked: true },
        _ => Meaning::Blocked { chat_id, blocked: false },
    }
}

/// `/help@some_bot`; a command without a name is meant for whoever listens.
fn called_in_group(message: &Message) -> Meaning {
    let command = message.text().and_then(command_word).and_then(|word| word.split_once('@'));
    match command {
        Some((_, bot)) if !bot.is_empty() => Meaning::CalledInGroup { chat_id: message.chat.id.0, bot: bot.to_owned() },
        _ => Meaning::Nothing,
    }
}

fn from_bot(message: &Message) -> bool {
    message.from.as_ref().is_some_and(|from| from.is_bot)
}

fn input_id(update_id: u32, message: &Message) -> String {
    format!("{INPUT_PREFIX}:{update_id}:{}", message.id.0)
}

/// The pictures of an album come as one message each. They are one input: the first is answered, the others are repeats of it.
fn album_id(message: &Message) -> Option<String> {
    message.media_group_id().map(|album| format!("{INPUT_PREFIX}:album:{}", album.0))
}

/// What was written: the text, or the words under a picture or a file.
fn words(message: &Message) -> Option<&str> {
    message.text().or_else(|| message.caption())
}

/// Where the citizen is, or a place that they sent: its point is searched from alike.
fn place(message: &Message) -> Option<Input> {
    let location = message.location().or_else(|| message.venue().map(|venue| &venue.location))?;
    Some(Input::location(location.latitude, location.longitude))
}

fn spoken(text: &str) -> Input {
    let message = || Input::Message { text: text.to_owned() };
    let Some(word) = command_word(text) else {
        return message();
    };
    let name = word.split_once('@').map_or(word, |(name, _)| name).to_lowercase();
    match name.as_str() {
        "start" => Input::Start,
        // "/tinh đóng 9 năm lương 5tr rút một lần": what stands behind it is what to calculate.
        "tinh" if text.trim_end().len() > 1 + word.len() => Input::Message { text: format!("/{name}{}", &text[1 + word.len()..]) },
        _ if texts::commands().iter().any(|(command, _)| *command == name) => Input::Command { name },
        // It may hold a number to be masked, or a question: the dialogue hears all of it.
        _ => message(),
    }
}

/// The word after the slash, with the bot's name if it has one.
fn command_word(text: &str) -> Option<&str> {
    text.strip_prefix('/')?.split(char::is_whitespace).next()
}

/// What the bot cannot read; `None` for notices such as a pinned message, to which there is nothing to say.
fn unreadable(kind: &MessageKind) -> Option<Unsupported> {
    Some(match kind {
        MessageKind::Common(common) => match common.media_kind {
            MediaKind::Sticker(_) | MediaKind::Animation(_) => Unsupported::Sticker,
            MediaKind::Photo(_) | MediaKind::Video(_) | MediaKind::PaidMedia(_) => Unsupported::Photo,
            MediaKind::Voice(_) | MediaKind::VideoNote(_) | MediaKind::Audio(_) => Unsupported::Voice,
            MediaKind::Document(_) => Unsupported::File,
            MediaKind::Location(_) | MediaKind::Venue(_) => Unsupported::Location,
            MediaKind::Contact(_) => Unsupported::Contact,
            MediaKind::Migration(_) => return None,
            MediaKind::Text(_) | MediaKind::Poll(_) | MediaKind::Game(_) | MediaKind::Story(_) | MediaKind::Checklist(_) => {
                Unsupported::Other
            }
        },
        MessageKind::Dice(_) => Unsupported::Sticker,
        // What Telegram has invented since: teloxide reads it as a message without content.
        MessageKind::Empty {} => Unsupported::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn citizen() -> Value {
        json!({"id": 77, "is_bot": false, "first_name": "An", "language_code": "vi"})
    }

    fn private() -> Value {
        json!({"id": 77, "first_name": "An", "type": "private"})
    }

    fn group() -> Value {
        json!({"id": -100_500, "title": "Hội", "type": "supergroup"})
    }

    /// A message in `chat` with these fields beside the usual ones.
    fn message(chat: &Value, fields: Value) -> Value {
        let mut message = json!({"message_id": 9, "from": citizen(), "chat": chat, "date": 1_790_000_000});
        message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        message
    }

    fn meaning(kind: &str, body: Value) -> Meaning {
        let update = json!({"update_id": 5, kind: body});
        translate(&serde_json::from_str(&update.to_string()).unwrap())
    }

    fn input(fields: Value) -> Option<Input> {
        match meaning("message", message(&private(), fields)) {
            Meaning::Said(said) => Some(said.input),
            _ => None,
        }
    }

    fn text(text: &str) -> Option<Input> {
        Some(Input::Message { text: text.to_owned() })
    }

    #[test]
    fn words_are_heard_and_the_menu_is_known() {
        let command = |name: &str| Some(Input::Command { name: name.to_owned() });
        assert_eq!(input(json!({"text": "mất thẻ BHYT"})), text("mất thẻ BHYT"));
        assert_eq!(input(json!({"text": "/start"})), Some(Input::Start));
        assert_eq!(input(json!({"text": "/start from_poster"})), Some(Input::Start));
        assert_eq!(input(json!({"text": "/help"})), command("help"));
        assert_eq!(input(json!({"text": "/TraCuu@hotro_bot ngay"})), command("tracuu"));
        assert_eq!(input(json!({"text": "/gan\nQuận 1"})), command("gan"));
        assert_eq!(input(json!({"text": "/tinh "})), command("tinh"));
        let wish = Input::Message { text: "/tinh lương hưu nam 1965".to_owned() };
        assert_eq!(input(json!({"text": "/Tinh@hotro_bot lương hưu nam 1965"})), Some(wish));
        // A slash alone makes no command, and a number behind one must still meet the mask.
        assert_eq!(input(json!({"text": "/0123456789"})), text("/0123456789"));
        assert_eq!(input(json!({"text": "/ help"})), text("/ help"));
        assert_eq!(input(json!({"text": "/"})), text("/"));
        assert_eq!(input(json!({"text": "xem /help"})), text("xem /help"));
    }

    #[test]
    fn a_forwarded_message_is_heard_as_a_message() {
        let origin = json!({"type": "hidden_user", "sender_user_name": "Bình", "date": 1_789_000_000});
        assert_eq!(input(json!({"text": "rút một lần", "forward_origin": origin})), text("rút một lần"));
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        let file = || json!({"file_id": "f", "file_unique_id": "u", "file_size": 10});
        let with = |fields: Value| {
            let mut all = file();
            all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            all
        };
        let photo = || json!([with(json!({"width": 90, "height": 90}))]);
        // teloxide takes these without a MIME type for something else; Telegram's clients always give one.
        let sound = |fields: Value| {
            let mut all = with(fields);
            all["mime_type"] = json!("audio/ogg");
            all
        };
        let video = || with(json!({"width": 1, "height": 1, "duration": 1, "mime_type": "video/mp4"}));
        let check = |fields: Value, expected: Unsupported| assert_eq!(input(fields), Some(Input::Unsupported(expected)), "{expected:?}");
        let sticker = with(json!({"width": 1, "height": 1, "is_animated": false, "is_video": false, "type": "regular"}));
        check(json!({"sticker": sticker}), Unsupported::Sticker);
        check(json!({"animation": video(), "document": file()}), Unsupported::Sticker);
        check(json!({"dice": {"emoji": "🎲", "value": 3}}), Unsupported::Sticker);
        check(json!({"photo": photo()}), Unsupported::Photo);
        check(json!({"video": video()}), Unsupported::Photo);
        check(json!({"voice": sound(json!({"duration": 3}))}), Unsupported::Voice);
        check(json!({"video_note": with(json!({"length": 240, "duration": 3}))}), Unsupported::Voice);
        check(json!({"audio": sound(json!({"duration": 3}))}), Unsupported::Voice);
        check(json!({"document": file()}), Unsupported::File);
        check(json!({"something_new": {"a": 1}}), Unsupported::Other);
    }

    #[test]
    fn a_location_and_a_venue_say_where_somebody_is() {
        let location = json!({"longitude": 105.8, "latitude": 21.0});
        let there = Some(Input::Location { lat_e6: 21_000_000, lon_e6: 105_800_000 });
        assert_eq!(input(json!({"location": location})), there);
        assert_eq!(input(json!({"venue": {"location": location, "title": "t", "address": "a"}, "location": location})), there);
    }

    #[test]
    fn only_the_senders_own_contact_has_a_number() {
        let contact = |user_id: Value| input(json!({"contact": {"phone_number": "84412345678", "first_name": "An", "user_id": user_id}}));
        assert_eq!(contact(json!(77)), Some(Input::Contact { own: Phone::parse("0412345678") }));
        assert_eq!(contact(json!(78)), Some(Input::Contact { own: None }));
        assert_eq!(contact(Value::Null), Some(Input::Contact { own: None }));
    }

    #[test]
    fn a_picture_with_words_is_heard_by_its_words() {
        let photo = json!([{"file_id": "f", "file_unique_id": "u", "file_size": 1, "width": 9, "height": 9}]);
        assert_eq!(input(json!({"photo": photo, "caption": "thẻ này còn hạn không"})), text("thẻ này còn hạn không"));
    }

    #[test]
    fn an_album_is_one_input() {
        let photo = json!([{"file_id": "f", "file_unique_id": "u", "file_size": 1, "width": 9, "height": 9}]);
        let id = |update_id: u32, message_id: i32| {
            let mut body = message(&private(), json!({"photo": photo, "media_group_id": "130"}));
            body["message_id"] = json!(message_id);
            let update = json!({"update_id": update_id, "message": body}).to_string();
            match translate(&serde_json::from_str(&update).unwrap()) {
                Meaning::Said(said) => said.input_id,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(id(5, 9), id(6, 10));
        assert_eq!(message_of(&id(5, 9)), None);
    }

    #[test]
    fn notices_and_bots_are_not_heard() {
        assert_eq!(input(json!({"pinned_message": message(&private(), json!({"text": "a"}))})), None);
        assert_eq!(input(json!({"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}})), None);
        assert_eq!(input(json!({"text": "a", "from": {"id": 8, "is_bot": true, "first_name": "Bot"}})), None);
        assert_eq!(meaning("poll_answer", json!({"poll_id": "1", "option_ids": [0], "user": citizen()})), Meaning::Nothing);
        assert_eq!(meaning("invented_later", json!({"a": 1})), Meaning::Nothing);
    }

    #[test]
    fn an_edit_of_words_is_heard_again() {
        let edit = |fields: Value| meaning("edited_message", message(&private(), fields));
        let expected = Said { chat_id: 77, input_id: "tg:5:9".to_owned(), input: text("sửa").unwrap(), tap: None, file: None };
        assert_eq!(edit(json!({"text": "sửa", "edit_date": 1_790_000_100})), Meaning::Said(expected));
        let moving = json!({"location": {"longitude": 105.8, "latitude": 21.0, "live_period": 900}, "edit_date": 1_790_000_100});
        assert_eq!(edit(moving), Meaning::Nothing);
    }

    #[test]
    fn a_tap_is_a_choice_and_wants_a_sign() {
        let query = |chat: &Value| {
            let message = message(chat, json!({"text": "Bạn đang hỏi về việc nào?"}));
            json!({"id": "q1", "from": citizen(), "message": message, "chat_instance": "1", "data": "topic:bhyt/lost-card"})
        };
        let Meaning::Said(said) = meaning("callback_query", query(&private())) else { panic!("not heard") };
        assert_eq!(said.input, Input::Choice { id: "topic:bhyt/lost-card".to_owned() });
        assert_eq!((said.chat_id, said.input_id.as_str(), said.tap), (77, "tg:5", Some(CallbackQueryId("q1".to_owned()))));
        assert_eq!(meaning("callback_query", query(&group())), Meaning::Nothing);
        // A message too old to be shown again still says which chat it is in.
        let mut old = query(&private());
        old["message"] = json!({"message_id": 3, "date": 0, "chat": private()});
        assert!(matches!(meaning("callback_query", old), Meaning::Said(Said { chat_id: 77, .. })));
    }

    #[test]
    fn blocking_and_coming_back_are_noticed_in_private_chats() {
        let change = |chat: Value, new: Value| {
            let bot = json!({"id": 1, "is_bot": true, "first_name": "hotro", "username": "hotro_bot"});
            let mut new = new;
            new["user"] = bot.clone();
            json!({"chat": chat, "from": citizen(), "date": 1_790_000_000,
                "old_chat_member": {"user": bot, "status": "member"}, "new_chat_member": new})
        };
        let kicked = || json!({"status": "kicked", "until_date": 0});
        let member = || json!({"status": "member"});
        let meaning = |chat, new| meaning("my_chat_member", change(chat, new));
        assert_eq!(meaning(private(), kicked()), Meaning::Blocked { chat_id: 77, blocked: true });
        assert_eq!(meaning(private(), member()), Meaning::Blocked { chat_id: 77, blocked: false });
        assert_eq!(meaning(group(), kicked()), Meaning::Nothing);
        assert_eq!(meaning(group(), member()), Meaning::Nothing);
    }

    #[test]
    fn groups_are_heard_only_when_they_call_by_name() {
        let said = |text: &str| meaning("message", message(&group(), json!({"text": text})));
        assert_eq!(said("/help@hotro_bot"), Meaning::CalledInGroup { chat_id: -100_500, bot: "hotro_bot".to_owned() });
        assert_eq!(said("/help"), Meaning::Nothing);
        assert_eq!(said("mất thẻ BHYT"), Meaning::Nothing);
        assert_eq!(said("/help@"), Meaning::Nothing);
        assert_eq!(meaning("edited_message", message(&group(), json!({"text": "/help@hotro_bot"}))), Meaning::Nothing);
    }

    #[test]
    fn the_message_of_an_input_is_found_again() {
        assert_eq!(message_of("tg:5:9"), Some(9));
        assert_eq!(message_of("tg:5"), None);
        assert_eq!(message_of("tg:5:9:1"), None);
        assert_eq!(message_of("tg:album:130"), None);
        assert_eq!(message_of("web:5:9"), None);
        assert_eq!(message_of("start"), None);
    }
}
