//! Until when a certificate is valid: the one thing that is read of it here. TLS has verified the rest.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, the version, which stands before the serial number where it is given.
const VERSION: u8 = 0xa0;

/// The end of validity in Unix milliseconds, of a certificate in DER (RFC 5280, 4.1); `None`: it cannot be read.
pub(super) fn not_after_ms(der: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(der)?;
    let (_, mut rest, _) = element(certificate)?;
    let (tag, _, after) = element(rest)?;
    if tag == VERSION {
        rest = after;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, rest) = element(rest)?;
    }
    let (tag, validity, _) = element(rest)?;
    if tag != SEQUENCE {
        return None;
    }
    let (_, _, until) = element(validity)?;
    let (tag, text, _) = element(until)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // RFC 5280, 4.1.2.5.1: two digits mean 1950 to 2049.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some(TimeZone::UTC.to_timestamp(at).ok()?.as_millisecond())
}

/// The first element: its tag, its content, what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 128);
        [&[tag, content.len() as u8][..], content].concat()
    }

    fn certificate(tag: u8, until: &str, version: bool) -> Vec<u8> {
        let validity = wrap(SEQUENCE, &[wrap(UTC_TIME, b"250101000000Z"), wrap(tag, until.as_bytes())].concat());
        let version = if version { wrap(VERSION, &wrap(2, &[2])) } else { Vec::new() };
        let body = [version, wrap(2, &[7]), wrap(SEQUENCE, &[]), wrap(SEQUENCE, &[]), validity].concat();
        wrap(SEQUENCE, &wrap(SEQUENCE, &body))
    }

    #[test]
    fn the_end_is_read_in_both_forms_of_time() {
        let day = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        for version in [true, false] {
            assert_eq!(not_after_ms(&certificate(UTC_TIME, "270131235959Z", version)), Some(day("2027-01-31T23:59:59Z")));
            assert_eq!(not_after_ms(&certificate(UTC_TIME, "991231235959Z", version)), Some(day("1999-12-31T23:59:59Z")));
            assert_eq!(not_after_ms(&certificate(GENERALIZED_TIME, "20510131000000Z", version)), Some(day("2051-01-31T00:00:00Z")));
        }
    }

    #[test]
    fn what_is_no_certificate_is_no_panic() {
        let whole = certificate(UTC_TIME, "270131235959Z", true);
        for end in 0..whole.len() {
            assert_eq!(not_after_ms(&whole[..end]), None);
        }
        assert_eq!(not_after_ms(&certificate(UTC_TIME, "279931235959Z", true)), None);
        assert_eq!(not_after_ms(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
