//! Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, 6 digits, 30 seconds.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use qrcode::QrCode;
use qrcode::render::svg;
use qrcode::types::QrError;
use rand::RngCore;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::name::OperatorName;
use crate::secret::keyed;

const STEP_MS: i64 = 30_000;
const DIGITS: usize = 6;
/// Clocks of telephones differ a little, and people type slowly: the step before and the one after are taken, too.
const STEPS_AROUND: i64 = 1;
/// As long as a SHA-1, as RFC 4226 asks.
const SECRET_BYTES: usize = 20;
const ISSUER: &str = "hotro";
const QR_SIDE_PX_MIN: u32 = 240;

/// The secret shared with an authenticator app. Never printed; wiped when dropped.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl TotpSecret {
    /// A fresh one.
    pub fn random() -> TotpSecret {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        rand::rng().fill_bytes(&mut *bytes);
        TotpSecret(bytes)
    }

    /// A stored one; `None` when the bytes are of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<TotpSecret> {
        bytes.try_into().ok().map(|bytes| TotpSecret(Zeroizing::new(bytes)))
    }

    /// What is stored, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// The secret as it is typed into an app that reads no QR code.
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&*self.0)
    }

    /// What an app reads from the QR code. A sign-in name needs no escapes.
    pub fn uri(&self, name: &OperatorName) -> String {
        let secret = Zeroizing::new(self.base32());
        let (name, period_s) = (name.as_str(), STEP_MS / 1_000);
        format!("otpauth://totp/{ISSUER}:{name}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={period_s}", *secret)
    }

    /// The step whose code was typed; `None` when it is no code of about now. Spaces are ignored.
    ///
    /// The caller refuses a step that was used before.
    pub fn matching_step(&self, typed: &str, now_ms: i64) -> Option<i64> {
        let digits: String = typed.chars().filter(|char| !char.is_whitespace()).take(DIGITS + 1).collect();
        let now = now_ms.div_euclid(STEP_MS);
        // Every step is compared, whichever matches.
        (now - STEPS_AROUND..=now + STEPS_AROUND).fold(None, |found, step| {
            let matches: bool = self.code(step).as_bytes().ct_eq(digits.as_bytes()).into();
            if matches { Some(step) } else { found }
        })
    }

    /// The code that an app shows at a time.
    pub fn code_at(&self, now_ms: i64) -> String {
        self.code(now_ms.div_euclid(STEP_MS))
    }

    fn code(&self, step: i64) -> String {
        let mac = keyed::<Hmac<Sha1>>(&*self.0).chain_update(step.to_be_bytes()).finalize().into_bytes();
        // RFC 4226, 5.3: the low half of the last byte says where the 31 bits begin.
        let offset = usize::from(mac[19] & 0x0f);
        let bits = mac[offset..offset + 4].iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) & 0x7fff_ffff;
        format!("{:0DIGITS$}", bits % 10_u32.pow(DIGITS as u32))
    }
}

/// Prints no secret.
impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(***)")
    }
}

/// A text as a QR code: an SVG document.
///
/// # Errors
/// The text is too long for one.
pub fn qr_svg(text: &str) -> Result<String, QrError> {
    Ok(QrCode::new(text)?.render::<svg::Color<'_>>().min_dimensions(QR_SIDE_PX_MIN, QR_SIDE_PX_MIN).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the test vectors, RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // Appendix B gives 8 digits; 6 are their end.
        let check = |time_s: i64, want: &str| assert_eq!(secret().code_at(time_s * 1_000), want, "{time_s}");
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn the_neighbours_of_this_step_are_taken_and_no_others() {
        let now_ms = 1_790_000_000_000;
        let step = now_ms / STEP_MS;
        let check = |typed: &str, want: Option<i64>| assert_eq!(secret().matching_step(typed, now_ms), want, "{typed:?}");
        let code = |steps: i64| secret().code_at(now_ms + steps * STEP_MS);
        check(&code(-2), None);
        check(&code(-1), Some(step - 1));
        check(&code(0), Some(step));
        check(&code(1), Some(step + 1));
        check(&code(2), None);
        check(&format!(" {} {}", &code(0)[..3], &code(0)[3..]), Some(step));
        check(&format!("{}0", code(0)), None);
        check(&code(0)[..5], None);
        check("", None);
        check("１２３４５６", None);
    }

    #[test]
    fn an_app_can_read_the_secret() {
        let name = OperatorName::parse("ca-sang").unwrap();
        let uri = "otpauth://totp/hotro:ca-sang?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=hotro&algorithm=SHA1&digits=6&period=30";
        assert_eq!(secret().uri(&name), uri);
        let svg = qr_svg(uri).unwrap();
        assert!(svg.contains("<svg") && !svg.contains("GEZDG"), "a picture only");
        assert_eq!(format!("{:?}", secret()), "TotpSecret(***)");
    }
}
