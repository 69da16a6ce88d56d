//! Addresses of pages: which may be followed, and when two are one.

use url::Url;

/// Longer addresses are refused: no page needs one, and a column of the database holds it.
pub const LINK_CHARS_MAX: usize = 1_000;
/// What advertisers append.
const TRACKING: [&str; 9] = ["fbclid", "gclid", "zarsrc", "gidzl", "mc_cid", "mc_eid", "igshid", "ref", "cmpid"];
const TRACKING_PREFIX: &str = "utm_";

/// An address as an item gives it, relative ones included: `None` when it leads to no page of the web.
pub fn absolute(link: &str, base: &Url) -> Option<Url> {
    let link: String = link.chars().filter(|letter| !letter.is_control()).collect();
    let url = base.join(link.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    // A name in an address is how a page pretends to be another.
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain && url.as_str().chars().count() <= LINK_CHARS_MAX).then_some(url)
}

/// The same for all addresses of one page: no fragment, no tracking, one order of the query, one spelling of the host.
pub fn canonical(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let host = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).unwrap_or(&host);
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/index.html").or_else(|| path.strip_suffix("/amp")).unwrap_or(path);
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .filter(|(key, _)| !key.to_ascii_lowercase().starts_with(TRACKING_PREFIX) && !TRACKING.contains(&key.to_ascii_lowercase().as_str()))
        .collect();
    pairs.sort();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&pairs);
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("https://{host}{port}{path}{mark}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_page_are_one() {
        let base = Url::parse("https://bao.example/tin/").expect("a base");
        let check = |link: &str, want: Option<&str>| {
            assert_eq!(absolute(link, &base).map(|url| canonical(&url)).as_deref(), want, "{link}");
        };
        check("a.html?utm_source=x&b=2&a=1#top", Some("https://bao.example/tin/a.html?a=1&b=2"));
        check("http://WWW.Bao.example:80/tin/a.html?b=2&a=1&fbclid=7", Some("https://bao.example/tin/a.html?a=1&b=2"));
        check("/", Some("https://bao.example"));
        check("//m.bao.example/a/index.html", Some("https://bao.example/a"));
        check("javascript:alert(1)", None);
        check("java\tscript:alert(1)", None);
        check("data:text/html,x", None);
        check("file:///etc/passwd", None);
        check("https://bao.example@evil.example/", None);
        check(&format!("https://bao.example/{}", "a".repeat(LINK_CHARS_MAX)), None);
    }
}
