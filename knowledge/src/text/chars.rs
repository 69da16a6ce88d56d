//! Characters: one encoding for every keyboard, and letters without their marks.

use unicode_normalization::UnicodeNormalization;

/// A question longer than this is cut. The longest real letter to the hotline has about 2,400 characters, and what a letter asks
/// stands in its first two thousand.
pub const QUESTION_CHARS_MAX: usize = 2_000;

/// A message longer than this is cut where it is shown and stored. Telegram allows 4,096.
pub const MESSAGE_CHARS_MAX: usize = 4_000;

/// Raw characters read from a message before anything else. A decomposed (NFD) letter has at most four code points, so a question
/// of [`QUESTION_CHARS_MAX`] letters always fits in whatever encoding it arrives; so does a message to be shown.
const RAW_CHARS_PER_LETTER: usize = 4;

/// The five tone marks and none, in the order of [`VOWELS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tone {
    /// thanh ngang: no mark
    #[default]
    Level,
    /// huyền
    Grave,
    /// sắc
    Acute,
    /// hỏi
    Hook,
    /// ngã
    Tilde,
    /// nặng
    Dot,
}

impl Tone {
    pub(crate) const ALL: [Tone; 6] = [Tone::Level, Tone::Grave, Tone::Acute, Tone::Hook, Tone::Tilde, Tone::Dot];
}

/// Each vowel with its six tones, in the order of [`Tone::ALL`].
const VOWELS: [[char; 6]; 12] = [
    ['a', 'à', 'á', 'ả', 'ã', 'ạ'],
    ['ă', 'ằ', 'ắ', 'ẳ', 'ẵ', 'ặ'],
    ['â', 'ầ', 'ấ', 'ẩ', 'ẫ', 'ậ'],
    ['e', 'è', 'é', 'ẻ', 'ẽ', 'ẹ'],
    ['ê', 'ề', 'ế', 'ể', 'ễ', 'ệ'],
    ['i', 'ì', 'í', 'ỉ', 'ĩ', 'ị'],
    ['o', 'ò', 'ó', 'ỏ', 'õ', 'ọ'],
    ['ô', 'ồ', 'ố', 'ổ', 'ỗ', 'ộ'],
    ['ơ', 'ờ', 'ớ', 'ở', 'ỡ', 'ợ'],
    ['u', 'ù', 'ú', 'ủ', 'ũ', 'ụ'],
    ['ư', 'ừ', 'ứ', 'ử', 'ữ', 'ự'],
    ['y', 'ỳ', 'ý', 'ỷ', 'ỹ', 'ỵ'],
];

/// The bare letter of each row of [`VOWELS`].
const BARE: [char; 12] = ['a', 'a', 'a', 'e', 'e', 'i', 'o', 'o', 'o', 'u', 'u', 'y'];

/// Past the last Vietnamese letter (U+1EF9).
const TABLE_LEN: usize = 0x1F00;

/// Code point to 1 + row * 6 + tone of [`VOWELS`]; 0 = not a vowel.
const VOWEL_AT: [u8; TABLE_LEN] = {
    let mut table = [0; TABLE_LEN];
    let mut row = 0;
    while row < VOWELS.len() {
        let mut tone = 0;
        while tone < 6 {
            table[VOWELS[row][tone] as usize] = (1 + row * 6 + tone) as u8;
            tone += 1;
        }
        row += 1;
    }
    table
};

fn vowel_at(letter: char) -> Option<(usize, usize)> {
    let at = usize::from(*VOWEL_AT.get(letter as usize)?);
    (at > 0).then(|| ((at - 1) / 6, (at - 1) % 6))
}

/// Whether a lower-case letter is a Vietnamese vowel, with or without marks.
pub(crate) fn is_vowel(letter: char) -> bool {
    vowel_at(letter).is_some()
}

/// A lower-case letter without its tone, and the tone: `ế` gives `ê` and sắc.
pub(crate) fn split_tone(letter: char) -> (char, Tone) {
    match vowel_at(letter) {
        Some((row, tone)) => (VOWELS[row][0], Tone::ALL[tone]),
        None => (letter, Tone::Level),
    }
}

/// A vowel with a tone put on it; a letter that carries no tone stays as it is.
pub(crate) fn with_tone(letter: char, tone: Tone) -> char {
    match vowel_at(letter) {
        Some((row, _)) => VOWELS[row][tone as usize],
        None => letter,
    }
}

/// A lower-case letter without any mark: `ế` gives `e`, `đ` gives `d` (which Unicode does not decompose).
pub(crate) fn bare(letter: char) -> char {
    if letter.is_ascii() {
        return letter;
    }
    match (vowel_at(letter), letter) {
        (Some((row, _)), _) => BARE[row],
        (None, 'đ') => 'd',
        (None, _) => {
            let mut first = None;
            unicode_normalization::char::decompose_canonical(letter, |part| {
                first.get_or_insert(part);
            });
            first.unwrap_or(letter)
        }
    }
}

/// Text for analysis: NFKC, lower case, look-alikes of Vietnamese letters replaced, stray combining marks and invisible characters
/// dropped, at most [`QUESTION_CHARS_MAX`] characters.
///
/// NFKC rather than NFC: it also reads the full-width and "mathematical" letters of decorated chat names.
pub(crate) fn normalize(text: &str) -> String {
    // Nearly all text is composed Vietnamese already; the whole FAQ passes through here when it is indexed.
    let composed: Option<String> = text.chars().take(QUESTION_CHARS_MAX).map(lower_composed).collect();
    composed.unwrap_or_else(|| {
        text.chars()
            .take(RAW_CHARS_PER_LETTER * QUESTION_CHARS_MAX)
            .filter_map(plain)
            .nfkc()
            .filter_map(plain)
            .flat_map(char::to_lowercase)
            .filter(|&letter| !unicode_normalization::char::is_combining_mark(letter))
            .take(QUESTION_CHARS_MAX)
            .collect()
    })
}

/// The lower-case form of a character that normalization would only put in lower case; `None` for any other.
fn lower_composed(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return (plain(letter) == Some(letter)).then(|| letter.to_ascii_lowercase());
    }
    let known = |letter: char| letter == 'đ' || is_vowel(letter);
    if known(letter) {
        return Some(letter);
    }
    letter.to_lowercase().next().filter(|&lower| known(lower))
}

/// Text for display and for the operators: NFC, look-alikes replaced, control and invisible characters dropped, white space
/// collapsed, at most [`MESSAGE_CHARS_MAX`] characters. Nothing else of the citizen's wording changes.
pub fn normalize_for_display(text: &str) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for letter in text.chars().take(RAW_CHARS_PER_LETTER * MESSAGE_CHARS_MAX).filter_map(look_alike).nfc() {
        if length == MESSAGE_CHARS_MAX {
            break;
        }
        if letter.is_whitespace() {
            if !shown.is_empty() && !shown.ends_with(' ') {
                shown.push(' ');
                length += 1;
            }
        } else {
            shown.push(letter);
            length += 1;
        }
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// The letter that was meant; `None` for characters that only disturb.
fn look_alike(letter: char) -> Option<char> {
    match letter {
        // eth and African D, typed or pasted for the Vietnamese letter.
        'Ð' | 'Ɖ' => Some('Đ'),
        'ð' | 'ɖ' => Some('đ'),
        // zero-width characters, direction marks, the byte-order mark, the soft hyphen
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}' => None,
        // Before letters and marks are composed: what stands between two marks keeps them from each other.
        _ if letter.is_control() && !letter.is_whitespace() => None,
        _ => Some(letter),
    }
}

/// As [`look_alike`], and punctuation by its plain form.
fn plain(letter: char) -> Option<char> {
    look_alike(letter).map(|letter| match letter {
        '\u{00A0}' | '\u{202F}' => ' ',
        '‘' | '’' | '‛' | '`' => '\'',
        '“' | '”' | '„' => '"',
        '‐'..='―' | '−' => '-',
        _ => letter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn every_encoding_of_a_word_is_one_text() {
        for written in ["thẻ BHYT", "the\u{309} BHYT", "THE\u{309} BHYT", "t\u{200B}hẻ\u{FEFF} bhyt", "ｔｈẻ ＢＨＹＴ"] {
            assert_eq!(normalize(written), "thẻ bhyt", "{written:?}");
        }
        assert_eq!(normalize("Ðiều Ɖình ðiện"), "điều đình điện");
        assert_eq!(normalize("ê\u{301} e\u{302}\u{301} e\u{301}\u{302}").chars().next(), Some('ế'));
    }

    #[test]
    fn letters_lose_their_marks() {
        let folded: String = "ếẵợưđýçñ1".chars().map(bare).collect();
        assert_eq!(folded, "eaoudycn1");
    }

    #[test]
    fn display_keeps_the_wording_and_drops_the_noise() {
        assert_eq!(normalize_for_display("  Thẻ\u{0}\u{7} \n\n BHYT\u{200B}!  "), "Thẻ BHYT!");
        assert_eq!(normalize_for_display(&"ạ ".repeat(1_000_000)).chars().count(), MESSAGE_CHARS_MAX - 1);
        assert_eq!(normalize_for_display(&"\u{301}".repeat(100_000)).chars().count(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn a_control_character_is_read_alike_in_every_encoding() {
        for written in ["t\u{0}hẻ\u{7F} bhyt", "t\u{0}he\u{309}\u{7F} bhyt"] {
            assert_eq!(normalize(written), "thẻ bhyt", "{written:?}");
        }
        assert_eq!(normalize("t\u{0}he\u{7F} bhyt"), "the bhyt");
    }

    #[test]
    fn a_control_character_does_not_keep_marks_apart() {
        assert_eq!(normalize_for_display("e\u{0}\u{302}\u{7}\u{301}"), "ế");
        // Marks have an order, which was that of typing when something stood between them.
        let once = normalize_for_display("n\u{59F}\u{F}\u{5B0}");
        assert_eq!(once, "n\u{5B0}\u{59F}");
        assert_eq!(normalize_for_display(&once), once);
    }

    proptest! {
        #[test]
        fn normalized_text_stays_as_it_is(text in any::<String>()) {
            let once = normalize(&text);
            prop_assert!(once.chars().count() <= QUESTION_CHARS_MAX);
            prop_assert_eq!(normalize(&once), once);
        }

        #[test]
        fn decomposed_text_is_the_same_text(text in any::<String>()) {
            prop_assert_eq!(normalize(&text.nfd().collect::<String>()), normalize(&text));
        }

        #[test]
        fn display_is_bounded_and_stable(text in any::<String>()) {
            let once = normalize_for_display(&text);
            prop_assert!(once.chars().count() <= MESSAGE_CHARS_MAX);
            prop_assert_eq!(normalize_for_display(&once), once);
        }
    }
}
