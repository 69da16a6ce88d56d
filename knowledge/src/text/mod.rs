//! Vietnamese text: from whatever a citizen's keyboard sends to the words of the index.
//!
//! One chain for index and questions: [`chars::normalize`] (one encoding, lower case) -> [`words::runs`] (split on everything that
//! is no letter or digit) -> [`syllable::canonical`] (one place for the tone mark) -> [`phrases`] (long forms and chat spelling to
//! one writing) -> [`words::Word`] (accented and folded key).

pub(crate) mod amount;
pub(crate) mod chars;
pub(crate) mod parts;
pub(crate) mod phrases;
pub(crate) mod question;
pub(crate) mod syllable;
pub(crate) mod time;
pub(crate) mod typing;
pub(crate) mod vocabulary;
pub(crate) mod words;
