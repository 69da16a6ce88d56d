//! Getting a feed or a page from a stranger's server: bounded in size, in time, and in where it may lead.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::conversation::now_ms;

/// A larger answer is refused, packed or unpacked: the largest feeds have a few hundred kilobytes.
pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;
const REDIRECTS_MAX: usize = 5;
/// Of a server that does not answer at all.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// No server decides that it is asked no more: a day at most.
const RETRY_AFTER_S_MAX: u32 = 24 * 60 * 60;
/// Validators are kept in the database and sent back: longer ones are dropped.
const VALIDATOR_CHARS_MAX: usize = 500;
const GZIP_MARK: &[u8] = &[0x1f, 0x8b];

/// What a server said.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The same as before.
    NotModified,
    /// Something to read.
    Page(Page),
}

/// A page, unpacked.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: Option<String>,
    /// Where it was, after redirects.
    pub(crate) url: Url,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

/// Why there is nothing to read. In words that are safe to log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the address leads to a private network")]
    Private,
    #[error("only http and https are followed")]
    Scheme,
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("the answer is larger than {BYTES_MAX} bytes")]
    TooLarge,
    #[error("the answer cannot be unpacked")]
    Packed,
    #[error("no answer in time")]
    Timeout,
    #[error("status {code}")]
    Status {
        code: u16,
        /// The server's wish, at most [`RETRY_AFTER_S_MAX`].
        retry_after_s: Option<u32>,
    },
    #[error("the server cannot be reached")]
    Network,
}

impl FetchError {
    /// The word for it in metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            FetchError::Private => "private",
            FetchError::Scheme => "scheme",
            FetchError::Redirects => "redirects",
            FetchError::TooLarge => "too_large",
            FetchError::Packed => "packed",
            FetchError::Timeout => "timeout",
            FetchError::Status { .. } => "status",
            FetchError::Network => "network",
        }
    }
}

/// A client that goes nowhere inside: a feed must not make this server ask its own neighbours.
#[derive(Clone)]
pub(crate) struct Fetcher {
    client: Client,
    allow_private: bool,
}

impl Fetcher {
    /// `timeout` is for an answer as a whole, redirects apart. `allow_private` is for tests, and for feeds of one's own network.
    pub(crate) fn new(timeout: Duration, allow_private: bool) -> Result<Fetcher, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(timeout)
            .connect_timeout(CONNECT_WAIT.min(timeout))
            .dns_resolver(Arc::new(PublicOnly { allow_private }))
            // A proxy would resolve names by itself.
            .no_proxy()
            .user_agent(concat!("hotro/", env!("CARGO_PKG_VERSION"), " (news)"))
            .build()?;
        Ok(Fetcher { client, allow_private })
    }

    /// Asks for a page; with validators of the last answer, only for a newer one.
    pub(crate) async fn get(&self, url: &Url, etag: Option<&str>, last_modified: Option<&str>) -> Result<Fetched, FetchError> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS_MAX {
            self.check(&url)?;
            let mut request = self
                .client
                .get(url.clone())
                .header(
                    ACCEPT,
                    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5",
                )
                .header(ACCEPT_ENCODING, "gzip");
            for (name, value) in [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, last_modified)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            let response = request.send().await.map_err(|error| failed(&error))?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::NotModified);
            }
            if status.is_redirection() {
                let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                url = location.and_then(|location| url.join(location).ok()).ok_or_else(|| failed_status(&response))?;
                continue;
            }
            if !status.is_success() {
                return Err(failed_status(&response));
            }
            return page(response, url).await.map(Fetched::Page);
        }
        Err(FetchError::Redirects)
    }

    /// Addresses that are written as numbers are no business of the resolver.
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme);
        }
        let literal = match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(url::Host::Domain(_)) => None,
            None => return Err(FetchError::Scheme),
        };
        if literal.is_some_and(|ip| !self.allow_private && !is_public(ip)) { Err(FetchError::Private) } else { Ok(()) }
    }
}

fn failed_status(response: &Response) -> FetchError {
    let wish = text_of(response.headers(), RETRY_AFTER).and_then(|value| retry_after_s(&value, now_ms()));
    FetchError::Status { code: response.status().as_u16(), retry_after_s: wish.map(|wish| wish.min(RETRY_AFTER_S_MAX)) }
}

/// Seconds, or a moment as HTTP writes it. `None` of anything else.
fn retry_after_s(value: &str, now_ms: i64) -> Option<u32> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let wait_ms = moment.as_millisecond().saturating_sub(now_ms).max(0);
    u32::try_from(wait_ms / 1_000 + i64::from(wait_ms % 1_000 > 0)).ok()
}

fn failed(error: &reqwest::Error) -> FetchError {
    let private = std::iter::successors(std::error::Error::source(error), |cause| cause.source()).any(|cause| cause.is::<PrivateAddress>());
    match error {
        _ if private => FetchError::Private,
        error if error.is_timeout() => FetchError::Timeout,
        _ => FetchError::Network,
    }
}

async fn page(mut response: Response, url: Url) -> Result<Page, FetchError> {
    let headers = response.headers().clone();
    let declared = response.content_length().unwrap_or(0);
    if declared > BYTES_MAX as u64 {
        return Err(FetchError::TooLarge);
    }
    let mut bytes = Vec::new();
    // An endless answer ends here, or by the time it takes.
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if bytes.len() + chunk.len() > BYTES_MAX {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    let packed = text_of(&headers, CONTENT_ENCODING).is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip"));
    // Some servers serve a file .gz as it lies there.
    if packed || bytes.starts_with(GZIP_MARK) {
        bytes = unpack(&bytes)?;
    }
    let content_type = text_of(&headers, CONTENT_TYPE);
    let validator = |name| text_of(&headers, name).filter(|value| value.len() <= VALIDATOR_CHARS_MAX);
    Ok(Page { bytes, content_type, url, etag: validator(ETAG), last_modified: validator(LAST_MODIFIED) })
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// A few bytes may unpack to gigabytes: no more than the limit is unpacked.
fn unpack(bytes: &[u8]) -> Result<Vec<u8>, FetchError> {
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(BYTES_MAX as u64 + 1).read_to_end(&mut plain);
    match read {
        Ok(length) if length > BYTES_MAX => Err(FetchError::TooLarge),
        Ok(_) => Ok(plain),
        Err(_) => Err(FetchError::Packed),
    }
}

/// A name leads inside.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private network")]
struct PrivateAddress;

/// Resolves names to public addresses only: what is checked is what is connected to.
struct PublicOnly {
    allow_private: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One private address among several is a trick: which one is used is chance.
            if !allow_private && found.iter().any(|address| !is_public(address.ip())) {
                return Err(PrivateAddress.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Carriers' own networks, protocol assignments, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // An address of IPv4 in other clothes: mapped, compatible, NAT64, 6to4.
    let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => return is_public_v4(embedded(high, low)),
        [0x64, 0xff9b, .., high, low] => return is_public_v4(embedded(high, low)),
        [0x2002, high, low, ..] => return is_public_v4(embedded(high, low)),
        _ => {}
    }
    let special = ip.is_multicast()
        || (segments[0] & 0xfe00) == 0xfc00
        || (segments[0] & 0xffc0) == 0xfe80
        || (segments[0] & 0xffc0) == 0xfec0
        // Teredo and what is for documentation.
        || (segments[0] == 0x2001 && (segments[1] == 0 || segments[1] == 0xdb8))
        || (segments[0] & 0xe000) != 0x2000;
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_inside_is_told_from_what_is_public() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("203.162.4.190", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("198.18.0.1", false),
            ("2400:cb00::1", true),
            ("::1", false),
            ("::", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().expect(ip)), public, "{ip}");
        }
    }

    #[test]
    fn addresses_written_as_numbers_are_checked_however_they_are_written() {
        let fetcher = Fetcher::new(Duration::from_secs(1), false).expect("a client");
        for url in ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "https://0/"]
        {
            let url = Url::parse(url).expect("a URL");
            assert!(matches!(fetcher.check(&url), Err(FetchError::Private)), "{url}");
        }
        assert!(matches!(fetcher.check(&Url::parse("file:///etc/passwd").expect("a URL")), Err(FetchError::Scheme)));
        assert!(fetcher.check(&Url::parse("https://bao.example/").expect("a URL")).is_ok());
    }

    #[test]
    fn a_wish_to_be_asked_later_is_read_in_both_forms() {
        let now_ms = 1_795_658_400_000; // 2026-11-26 02:00 GMT
        for (value, seconds) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("Thu, 26 Nov 2026 02:01:00 GMT", Some(60)),
            ("Thu, 26 Nov 2026 01:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999", None),
        ] {
            assert_eq!(retry_after_s(value, now_ms), seconds, "{value}");
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            packer.write_all(&[b' '; 1024 * 1024]).expect("packed");
        }
        let bomb = packer.finish().expect("packed");
        assert!(bomb.len() < 100_000);
        assert!(matches!(unpack(&bomb), Err(FetchError::TooLarge)));
        assert!(matches!(unpack(&bomb[..50]), Err(FetchError::Packed)));
    }
}
