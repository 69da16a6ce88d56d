//! Names of operators.

/// Characters of a sign-in name.
pub const NAME_CHARS_MIN: usize = 2;
/// See [`NAME_CHARS_MIN`].
pub const NAME_CHARS_MAX: usize = 64;
/// Characters of the name that people read.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;
/// Domains that one operator answers.
pub const SKILLS_MAX: usize = 32;
const SKILL_CHARS_MAX: usize = 32;

/// What an operator signs in with: 2 to 64 of a-z, 0-9, `.`, `_` and `-`; capitals are lowered.
///
/// ASCII only, because the same Vietnamese letter can be typed as different characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorName(String);

impl OperatorName {
    /// The name in a text; `None` when it is none.
    pub fn parse(text: &str) -> Option<OperatorName> {
        let name = text.trim().to_ascii_lowercase();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let fits = (NAME_CHARS_MIN..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed);
        fits.then_some(OperatorName(name))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that people read, trimmed; `None` when it is empty, too long, or holds control characters.
pub fn parse_display_name(text: &str) -> Option<String> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= DISPLAY_NAME_CHARS_MAX && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned())
}

/// Whether these can be the domains of an operator: few, and each of the form of a domain's name.
pub fn are_skills(skills: &[String]) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_skill = |skill: &String| (1..=SKILL_CHARS_MAX).contains(&skill.len()) && skill.bytes().all(allowed);
    skills.len() <= SKILLS_MAX && skills.iter().all(is_skill)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_plain_and_bounded() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(OperatorName::parse(text).as_ref().map(OperatorName::as_str), want, "{text:?}");
        };
        check("ca-sang.1", Some("ca-sang.1"));
        check(" CA_Sang ", Some("ca_sang"));
        check("a", None);
        check("ca sáng", None);
        check("a/b", None);
        check("<b>", None);
        check(&"a".repeat(64), Some(&"a".repeat(64)));
        check(&"a".repeat(65), None);
        assert_eq!(parse_display_name(" Ca sáng "), Some("Ca sáng".to_owned()));
        assert_eq!(parse_display_name(" "), None);
        assert_eq!(parse_display_name("a\u{7}"), None);
        assert_eq!(parse_display_name(&"ơ".repeat(65)), None);
        assert!(are_skills(&[]) && are_skills(&["bhxh-tn".to_owned()]));
        assert!(!are_skills(&["BHXH".to_owned()]) && !are_skills(&vec!["a".to_owned(); 33]));
    }
}
