//! Feeds as they are met in the wild, fetched by the program itself.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use harness::feeds::{Answer, Feeds};
use harness::postgres::Postgres;
use harness::server::{Options, Server};
use harness::wait::until;
use hotro::store::{NewsFeedRow, NewsRow, Store};
use serde_json::Value;

const RSS: &str = "application/rss+xml; charset=utf-8";
const ATOM: &str = "application/atom+xml";
const JSON: &str = "application/feed+json";

/// A text that no other sample has.
fn title(name: &str) -> String {
    format!("Tin {name} lương hưu {name} từ nguồn {name}")
}

fn rss_of(items: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Báo</title>{items}</channel></rss>")
}

fn rss_item(name: &str, more: &str) -> String {
    let (title, date) = (title(name), "Wed, 25 Nov 2026 08:00:00 +0700");
    format!("<item><title>{title}</title><link>https://bao.example/{name}</link><pubDate>{date}</pubDate>{more}</item>")
}

fn rss(name: &str) -> String {
    rss_of(&rss_item(name, ""))
}

fn dated(name: &str, date: &str) -> Answer {
    let item = format!("<item><title>{}</title><link>https://bao.example/{name}</link><pubDate>{date}</pubDate></item>", title(name));
    Answer::feed(RSS, rss_of(&item))
}

fn atom(name: &str, inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Báo</title><id>urn:x</id><updated>2026-11-25T01:00:00Z</updated>\
         <entry><title>{}</title><id>urn:{name}</id><updated>2026-11-25T01:00:00Z</updated>{inner}</entry></feed>",
        title(name)
    )
}

fn packed(body: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

/// Name, answer, and what is expected: the number of items, or a part of the reason.
fn samples(feeds: &Feeds) -> Vec<(&'static str, Answer, Result<usize, &'static str>)> {
    let one = |name: &'static str, answer: Answer| (name, answer, Ok(1));
    let cut = |text: &str| text.chars().take(text.chars().count() * 2 / 3).collect::<String>();
    let windows = |name: &str, label: &str| {
        let text = rss_of(&format!("<item><title>caf\u{e9} {name} {name}</title><link>https://bao.example/{name}</link></item>"));
        text.replace("UTF-8", label).chars().map(|letter| if letter as u32 <= 0xff { letter as u8 } else { b'?' }).collect::<Vec<u8>>()
    };
    let utf16 = |text: &str| [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>();
    let entities = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol9 \"&lol;&lol;&lol;\">]>";
    let many = |count: usize| rss_of(&(0..count).map(|number| rss_item(&format!("many{number}x"), "")).collect::<String>());
    vec![
        one("rss-plain", Answer::feed(RSS, rss("rss-plain"))),
        one("rss-as-html", Answer::feed("text/html", rss("rss-as-html"))),
        one("rss-no-type", Answer::Whole(200, Vec::new(), rss("rss-no-type").into())),
        one("rss-bom", Answer::feed(RSS, format!("\u{feff}{}", rss("rss-bom")))),
        one("rss-space-first", Answer::feed(RSS, format!("\n\n  {}", rss("rss-space-first")))),
        one(
            "rss-cdata",
            Answer::feed(RSS, rss_of(&rss_item("rss-cdata", "<description><![CDATA[<p>Một</p><script>x()</script>]]></description>"))),
        ),
        one(
            "rss-content",
            Answer::feed(
                RSS,
                rss("rss-content")
                    .replace("<rss ", "<rss xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" ")
                    .replace("</item>", "<content:encoded><![CDATA[<div>Toàn văn</div>]]></content:encoded></item>"),
            ),
        ),
        one(
            "rss-html-entities",
            Answer::feed(
                RSS,
                rss_of(&rss_item("rss-html-entities", "<description>T&aacute;m&nbsp;ph&#7847;n &hellip; &unknown;</description>")),
            ),
        ),
        one("rss-bare-ampersand", Answer::feed(RSS, rss_of(&rss_item("rss-bare-ampersand", "<description>A & B</description>")))),
        one("rss-control", Answer::feed(RSS, rss_of(&rss_item("rss-control", "<description>a\u{8}b\u{b}</description>")))),
        one(
            "rss-relative",
            Answer::feed(RSS, rss("rss-relative").replace("https://bao.example/rss-relative", "/rss-relative?utm_source=x#top")),
        ),
        one("rss-guid-only", Answer::feed(RSS, rss("rss-guid-only").replace("<link>", "<guid>").replace("</link>", "</guid>"))),
        one("rss-0-91", Answer::feed(RSS, rss("rss-0-91").replace("2.0", "0.91"))),
        one(
            "rss-1-0",
            Answer::feed(
                RSS,
                format!(
                    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><channel rdf:about=\"x\"><title>B</title><link>https://bao.example</link><description>d</description></channel><item rdf:about=\"y\"><title>{}</title><link>https://bao.example/rss-1-0</link></item></rdf:RDF>",
                    title("rss-1-0")
                ),
            ),
        ),
        one("rss-declared-1252", Answer::feed("text/xml", windows("rss-declared-1252", "windows-1252"))),
        one("rss-header-1252", Answer::feed("text/xml; charset=windows-1252", windows("rss-header-1252", "UTF-8"))),
        one("rss-wrong-charset", Answer::feed("text/xml; charset=iso-8859-1", rss("rss-wrong-charset"))),
        one("rss-charset-unsaid", Answer::feed("text/xml", windows("rss-charset-unsaid", "UTF-8"))),
        one("rss-utf16", Answer::feed("text/xml", utf16(&rss("rss-utf16")))),
        one(
            "date-missing",
            Answer::feed(
                RSS,
                rss_of(&format!("<item><title>{}</title><link>https://bao.example/date-missing</link></item>", title("date-missing"))),
            ),
        ),
        one("date-rfc2822", dated("date-rfc2822", "Wed, 25 Nov 2026 01:00:00 GMT")),
        one("date-iso", dated("date-iso", "2026-11-25T08:00:00+07:00")),
        one("date-sql", dated("date-sql", "2026-11-25 08:00:00")),
        one("date-vietnamese", dated("date-vietnamese", "Thứ Tư, 25/11/2026 - 08:00")),
        one("date-short", dated("date-short", "25 Nov 2026")),
        one("date-nonsense", dated("date-nonsense", "hôm qua")),
        one("date-2099", dated("date-2099", "Thu, 01 Jan 2099 00:00:00 GMT")),
        one("atom-plain", Answer::feed(ATOM, atom("atom-plain", "<link href=\"https://bao.example/atom-plain\"/>"))),
        one(
            "atom-html",
            Answer::feed(
                ATOM,
                atom(
                    "atom-html",
                    "<link rel=\"alternate\" href=\"https://bao.example/atom-html\"/><content type=\"html\">&lt;p onclick='x'&gt;Một&lt;/p&gt;</content>",
                ),
            ),
        ),
        one(
            "atom-xhtml",
            Answer::feed(
                ATOM,
                atom(
                    "atom-xhtml",
                    "<link href=\"/atom-xhtml\"/><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Một</p></div></content>",
                ),
            ),
        ),
        one(
            "json-feed",
            Answer::feed(
                JSON,
                format!(
                    "{{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"B\",\"items\":[{{\"id\":\"1\",\"url\":\"https://bao.example/json-feed\",\"title\":\"{}\",\"content_text\":\"x\"}}]}}",
                    title("json-feed")
                ),
            ),
        ),
        one("gzip", Answer::Whole(200, vec![("content-encoding", "gzip".to_owned())], packed(rss("gzip").as_bytes()))),
        one("gzip-file", Answer::feed("application/gzip", packed(rss("gzip-file").as_bytes()))),
        one("redirected", Answer::redirect("/rss-moved")),
        ("empty-channel", Answer::feed(RSS, rss_of("")), Ok(0)),
        ("no-title", Answer::feed(RSS, rss_of("<item><link>https://bao.example/no-title</link></item>")), Ok(0)),
        (
            "javascript-link",
            Answer::feed(RSS, rss("javascript-link").replace("https://bao.example/javascript-link", "javascript:alert(1)")),
            Ok(0),
        ),
        ("data-link", Answer::feed(RSS, rss("data-link").replace("https://bao.example/data-link", "data:text/html,x")), Ok(0)),
        one(
            "script-title",
            Answer::feed(RSS, rss("script-title").replace("<title>Tin", "<title><![CDATA[<script>alert(1)</script>]]>Tin")),
        ),
        ("ten-thousand", Answer::feed(RSS, many(10_000)), Ok(200)),
        ("same-twice", Answer::feed(RSS, rss_of(&rss_item("same-twice", "").repeat(2))), Ok(1)),
        ("status-500", Answer::Whole(500, Vec::new(), Vec::new()), Err("status 500")),
        ("status-404", Answer::Whole(404, Vec::new(), Vec::new()), Err("status 404")),
        ("html-page", Answer::feed("text/html", "<html><body>Trang chủ</body></html>"), Err("no feed")),
        ("empty-body", Answer::feed(RSS, ""), Err("no feed")),
        ("cut-off", Answer::feed(RSS, cut(&rss("cut-off"))), Err("no feed")),
        (
            "entity-bomb",
            Answer::feed(
                RSS,
                format!(
                    "<?xml version=\"1.0\"?>{entities}{}",
                    rss_of("<item><title>&lol9;</title></item>").replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")
                ),
            ),
            Err("defines entities"),
        ),
        ("gzip-bomb", Answer::Whole(200, vec![("content-encoding", "gzip".to_owned())], packed(&vec![b' '; 64 << 20])), Err("larger than")),
        ("gzip-broken", Answer::Whole(200, vec![("content-encoding", "gzip".to_owned())], b"\x1f\x8bnonsense".to_vec()), Err("unpacked")),
        (
            "ten-megabytes",
            Answer::feed(RSS, rss_of(&rss_item("big", &format!("<description>{}</description>", "x".repeat(10 << 20))))),
            Err("larger than"),
        ),
        ("endless", Answer::Endless(b"<item><title>x</title></item>".repeat(100)), Err("larger than")),
        ("silent", Answer::Silent, Err("no answer in time")),
        ("redirect-loop", Answer::redirect(feeds.url("/redirect-loop")), Err("redirects")),
        ("redirect-to-file", Answer::redirect("file:///etc/passwd"), Err("only http and https")),
        (
            "random-bytes",
            Answer::feed(RSS, (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<u8>>()),
            Err("no feed"),
        ),
    ]
}

fn configured(feeds: &[(&str, String, bool, u32)]) -> String {
    let lines = feeds.iter().map(|(id, url, approved, interval_s)| {
        format!("{{ id = \"{id}\", name = \"Báo {id}\", url = \"{url}\", approved = {approved}, interval_s = {interval_s} }}")
    });
    format!("[{}]", lines.collect::<Vec<_>>().join(", "))
}

fn options(database: Options, feeds: &[(&str, String, bool, u32)]) -> Options {
    database
        .variable("HOTRO_NEWS_FEEDS", &configured(feeds))
        .variable("HOTRO_NEWS_ALLOW_PRIVATE_NETWORKS", "true")
        .variable("HOTRO_NEWS_TIMEOUT_S", "4")
        .variable("NO_COLOR", "1")
}

async fn store_of(server: &Server) -> Store {
    Store::open(&server.database_url()).await.unwrap()
}

async fn tried(store: &Store) -> BTreeMap<String, NewsFeedRow> {
    store.news_feeds().await.unwrap().into_iter().map(|row| (row.feed_id.clone(), row)).collect()
}

async fn items(store: &Store) -> Vec<NewsRow> {
    store.news_since(0).await.unwrap()
}

on_both! {
    sqlite: super::Options::new(), postgres: super::Options::on_postgres().await;
    feeds_of_all_shapes_are_read_or_refused
    an_approved_item_is_answered_within_a_second_and_asked_for_conditionally
    articles_of_known_hosts_are_read_whole
}

async fn feeds_of_all_shapes_are_read_or_refused(database: Options) {
    let feeds = Feeds::start().await.unwrap();
    feeds.serve("/rss-moved", Answer::feed(RSS, rss("redirected")));
    let samples = samples(&feeds);
    assert!(samples.len() >= 40);
    for (name, answer, _) in &samples {
        feeds.serve(&format!("/{name}"), answer.clone());
    }
    let list: Vec<_> = samples.iter().map(|(name, ..)| (*name, feeds.url(&format!("/{name}")), false, 3_600)).collect();
    let server = options(database, &list).start().await;
    let store = store_of(&server).await;
    until("every feed was tried", async || (tried(&store).await.len() == samples.len()).then_some(())).await;
    // Answers do not wait for feeds.
    let citizen = server.citizen().await;
    let reply = citizen.reply(&citizen.say("quên mật khẩu vssid").await).await;
    assert_ne!(reply["outcome"], "missed");

    let (rows, all) = (tried(&store).await, items(&store).await);
    let mut wrong = String::new();
    for (name, _, expected) in &samples {
        let row = &rows[*name];
        let count = all.iter().filter(|item| item.feed_id.as_deref() == Some(name)).count();
        let as_expected = match expected {
            Ok(wanted) => row.last_error.is_none() && count == *wanted,
            Err(reason) => row.last_error.as_deref().is_some_and(|error| error.contains(reason)) && count == 0 && row.failures == 1,
        };
        if !as_expected {
            let _ = writeln!(wrong, "{name}: {count} items, {:?}; expected {expected:?}", row.last_error);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let item = |feed: &str| all.iter().find(|item| item.feed_id.as_deref() == Some(feed)).unwrap();
    let morning = 1_795_568_400_000 + 86_400_000 - 86_400_000;
    for name in ["date-rfc2822", "date-iso", "date-sql", "date-vietnamese"] {
        assert_eq!(item(name).published_ms, morning, "{name}");
    }
    for name in ["date-missing", "date-nonsense", "date-2099"] {
        assert_eq!(item(name).published_ms, item(name).fetched_ms, "{name}");
    }
    assert!(all.iter().all(|item| !format!("{}{}", item.title, item.body).contains("alert(") && !item.body.contains('<')), "{all:#?}");
    assert!(item("rss-charset-unsaid").title.starts_with("café"), "{}", item("rss-charset-unsaid").title);
    assert!(item("rss-html-entities").body.starts_with("Tám phần … &unknown;"), "{}", item("rss-html-entities").body);
    assert!(item("rss-relative").canonical_url.ends_with("/rss-relative"), "{}", item("rss-relative").canonical_url);
    // A failing feed is told once, and counted.
    let told = server.log().lines().filter(|line| line.contains("a feed cannot be read") && line.contains("status-500")).count();
    assert_eq!(told, 1);
    let metrics = harness::citizen::http().get(server.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("hotro_news_feed_failures{feed=\"status-500\"} 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn private_networks_are_refused_also_by_redirect_and_by_name() {
    let feeds = Feeds::start().await.unwrap();
    let port = feeds.url("").rsplit(':').next().unwrap().to_owned();
    let list = [
        ("by-number", feeds.url("/a"), true, 3_600),
        ("by-name", format!("http://localhost:{port}/a"), true, 3_600),
        ("by-hex", format!("http://0x7f000001:{port}/a"), true, 3_600),
        ("metadata", "http://169.254.169.254/latest".to_owned(), true, 3_600),
    ];
    let server = options(Options::new(), &list).variable("HOTRO_NEWS_ALLOW_PRIVATE_NETWORKS", "false").start().await;
    let store = store_of(&server).await;
    until("every feed was tried", async || (tried(&store).await.len() == list.len()).then_some(())).await;
    for (name, row) in tried(&store).await {
        assert_eq!(row.last_error.as_deref(), Some("the address leads to a private network"), "{name}");
    }
    assert_eq!(feeds.asked("/a"), 0);
}

async fn an_approved_item_is_answered_within_a_second_and_asked_for_conditionally(database: Options) {
    let feeds = Feeds::start().await.unwrap();
    let body = rss_of(
        "<item><title>Ra mắt cổng tra cứu Sao Mai cho người dân</title><link>https://bao.example/sao-mai</link>\
        <description>Cổng tra cứu Sao Mai phục vụ người dân từ hôm nay.</description></item>",
    );
    feeds.serve("/a", Answer::Tagged("\"v1\"", body.clone().into()));
    // The same text in another feed, at another address, later.
    feeds.serve("/b", Answer::feed(RSS, rss_of("")));
    feeds.serve("/c", Answer::feed(RSS, rss_of("<item><title>Tin chờ duyệt Kim Ngưu</title><link>https://bao.example/kim</link></item>")));
    let list = [("a", feeds.url("/a"), true, 1), ("b", feeds.url("/b"), true, 1), ("c", feeds.url("/c"), false, 1)];
    let mut server = options(database, &list).start().await;
    let store = store_of(&server).await;
    until("the item is stored", async || items(&store).await.iter().any(|item| item.title.contains("Sao Mai")).then_some(())).await;
    let stored = Instant::now();
    // The list costs nothing, and answers have what it has.
    let http = harness::citizen::http();
    let listed = until("the item is in service", async || {
        let asked = Instant::now();
        let list = http.get(server.url("/api/news")).send().await.unwrap().text().await.unwrap();
        list.contains("Ra mắt cổng tra cứu Sao Mai").then_some(asked)
    })
    .await;
    assert!(listed - stored < Duration::from_secs(1), "{:?}", listed - stored);
    let citizen = server.citizen().await;
    let given = citizen.reply(&citizen.say("tin mới về cổng tra cứu Sao Mai").await).await;
    assert!(given.to_string().contains("Ra mắt cổng tra cứu Sao Mai"), "{given}");
    let waiting = citizen.reply(&citizen.say("tin mới về Kim Ngưu").await).await;
    assert!(!waiting.to_string().contains("Kim Ngưu\""), "nobody approved it: {waiting}");

    feeds.serve(
        "/b",
        Answer::feed(RSS, body.replace("bao.example/sao-mai", "khac.example/tin/7").replace("từ hôm nay.", "từ hôm nay. (Theo Báo A)")),
    );
    until("the copy was seen", async || store.news_knows("https://khac.example/tin/7").await.unwrap().then_some(())).await;
    assert_eq!(items(&store).await.iter().filter(|item| item.title.contains("Sao Mai")).count(), 1);
    until("it is asked for again", async || (feeds.asked("/a") >= 3).then_some(())).await;
    assert!(tried(&store).await["a"].etag.is_some());

    // A process that dies and is followed by another neither loses nor doubles.
    server.kill();
    let server = server.start_again().await;
    feeds.serve(
        "/a",
        Answer::Tagged(
            "\"v2\"",
            rss_of(
                &(body.clone()
                    + "<item><title>Hai: lịch chi trả Sao Hôm tháng mười hai</title><link>https://bao.example/hai</link></item>"),
            )
            .into(),
        ),
    );
    until("the next item is stored", async || items(&store).await.iter().any(|item| item.title.starts_with("Hai")).then_some(())).await;
    assert_eq!(items(&store).await.iter().filter(|item| item.title.contains("Sao Mai")).count(), 1);

    // The service's own feeds have it.
    let http = harness::citizen::http();
    let json: Value = http.get(server.url("/news.json")).send().await.unwrap().json().await.unwrap();
    until("the feed has it", async || {
        let json: Value = http.get(server.url("/news.json")).send().await.unwrap().json().await.unwrap();
        json["items"].as_array().unwrap().iter().any(|item| item["title"].as_str().unwrap().starts_with("Hai")).then_some(())
    })
    .await;
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    let response = http.get(server.url("/news.atom")).send().await.unwrap();
    let etag = response.headers()["etag"].clone();
    let atom = response.bytes().await.unwrap();
    let base = "https://hotro.example/".parse().unwrap();
    let read = knowledge::news::feed::read(&atom, Some("application/atom+xml"), &base, i64::MAX / 2).unwrap();
    // Several written items name one page of the Government's portal.
    assert!(!read.items.is_empty() && read.left_out == 0, "{} items", read.items.len());
    assert!(String::from_utf8_lossy(&atom).matches("<entry>").count() >= 40);
    let again = http.get(server.url("/news.atom")).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let list: Value = http.get(server.url("/api/news?theme=thai-san")).send().await.unwrap().json().await.unwrap();
    assert!(list.as_array().unwrap().iter().all(|item| item["themes"].to_string().contains("thai-san")), "{list}");
}

/// A feed has a few lines; the page behind has the text, and nothing beside it.
async fn articles_of_known_hosts_are_read_whole(database: Options) {
    let feeds = Feeds::start().await.unwrap();
    let page = "<html><head><title>x</title><script>track()</script></head><body><nav>Trang chủ Liên hệ</nav><article><h1>Sao Mai</h1>\
        <p>Người dân tra cứu quá trình đóng bằng cổng Sao Mai từ tháng mười hai, không phải đến cơ quan bảo hiểm xã hội.</p>\
        <p>Mỗi lần tra cứu cần mã số và điện thoại đã đăng ký.</p></article><footer>Bản quyền</footer></body></html>";
    feeds.serve("/tin/sao-mai", Answer::feed("text/html; charset=utf-8", page));
    feeds.serve("/tin/chuyen-di", Answer::redirect("http://localhost:9/elsewhere"));
    let item = |path: &str| {
        let (title, url) = (title(path), feeds.url(&format!("/tin/{path}")));
        format!("<item><title>{title}</title><link>{url}</link><description>Tóm tắt {path}.</description></item>")
    };
    feeds.serve("/a", Answer::feed(RSS, rss_of(&(item("sao-mai") + &item("chuyen-di")))));
    let server =
        options(database, &[("a", feeds.url("/a"), false, 3_600)]).variable("HOTRO_NEWS_ARTICLE_HOSTS", "[\"127.0.0.1\"]").start().await;
    let store = store_of(&server).await;
    let all = until("both are stored", async || Some(items(&store).await).filter(|items| items.len() == 2)).await;
    let body = |path: &str| all.iter().find(|item| item.url.ends_with(path)).unwrap().body.as_str();
    assert!(body("sao-mai").contains("không phải đến cơ quan bảo hiểm xã hội.") && body("sao-mai").contains("Mỗi lần tra cứu"), "{all:#?}");
    assert!(!["track", "Bản quyền", "Liên hệ"].iter().any(|beside| body("sao-mai").contains(beside)), "{}", body("sao-mai"));
    assert_eq!(body("chuyen-di"), "Tóm tắt chuyen-di.", "nobody chose the host that it leads to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_to_be_asked_later_is() {
    let feeds = Feeds::start().await.unwrap();
    feeds.serve("/busy", Answer::Whole(503, vec![("retry-after", "3000".to_owned())], Vec::new()));
    feeds.serve("/down", Answer::Whole(503, Vec::new(), Vec::new()));
    let list = [("busy", feeds.url("/busy"), false, 2), ("down", feeds.url("/down"), false, 2)];
    let server = options(Options::new(), &list).start().await;
    let store = store_of(&server).await;
    let rows = until("both were tried", async || Some(tried(&store).await).filter(|rows| rows.len() == 2)).await;
    let rest_s = |name: &str| (rows[name].next_ms - rows[name].last_try_ms.unwrap()) / 1_000;
    assert!((3_000..3_001).contains(&rest_s("busy")) && rest_s("down") < 10, "{rows:#?}");
}

/// Two nodes on one database: one of them fetches, both answer, and the other goes on when the first dies.
#[tokio::test(flavor = "multi_thread")]
async fn one_node_fetches_and_every_node_answers() {
    let feeds = Feeds::start().await.unwrap();
    let url = Postgres::shared().database().await.unwrap();
    const PORTAL: &str = "Ra mắt cổng tra cứu Sao Mai";
    const SCHEDULE: &str = "Lịch chi trả Sao Hôm tháng mười hai";
    let item = |title: &str| format!("<item><title>{title}</title><link>https://bao.example/{}</link></item>", title.len());
    feeds.serve("/a", Answer::feed(RSS, rss_of(&item(PORTAL))));
    // Often enough that two who fetch would be seen.
    let list = [("a", feeds.url("/a"), true, 1)];
    let start = || options(Options::new().database(&url), &list).start();
    let (mut first, second) = (start().await, start().await);
    let store = store_of(&first).await;
    let says = async |server: &Server, title: &str| {
        let citizen = server.citizen().await;
        let question = format!("tin mới về {title}");
        until("the node has the item", async || {
            citizen.reply(&citizen.say(&question).await).await.to_string().contains(title).then_some(())
        })
        .await;
    };
    says(&first, PORTAL).await;
    says(&second, PORTAL).await;
    let (begun, before) = (Instant::now(), feeds.asked("/a"));
    until("it was asked for again and again", async || (feeds.asked("/a") >= before + 4).then_some(())).await;
    let looks = begun.elapsed().as_secs_f64() * 1.2 + 2.0;
    assert!(((feeds.asked("/a") - before) as f64) < looks, "{} times in {:?}", feeds.asked("/a") - before, begun.elapsed());

    first.kill();
    feeds.serve("/a", Answer::feed(RSS, rss_of(&(item(SCHEDULE) + &item(PORTAL)))));
    says(&second, SCHEDULE).await;
    let titles: Vec<String> = items(&store).await.into_iter().map(|item| item.title).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
}
