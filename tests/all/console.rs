//! The operators' console as it is served and as it is written, and the way into it in a real Chromium.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fantoccini::key::Key;
use harness::browser::{Browser, Screen};
use harness::citizen::http;
use harness::console::{Operator, PASSWORD};
use harness::server::{Options, Server, run_with};
use harness::telegram::{TOKEN, Telegram};
use hotro::desk::account::Role;
use reqwest::{Response, StatusCode};

/// Ways by which a text becomes code or HTML. What citizens write is shown to operators as text only.
const FORBIDDEN: [&str; 11] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "dangerouslySetInnerHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "setHTMLUnsafe",
    "eval(",
    "new Function",
    "javascript:",
];

const AN: i64 = 301;
/// Longer than a page's 10 s between two signs of life, though a check of all its elements may hold up the second for many seconds; and short
/// enough to wait for.
const LEASE_S: &str = "40";

async fn get(path: &str) -> Response {
    http().get(Server::shared().url(path)).send().await.expect("an answer")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../bot/web/console")
}

/// Every file of the console by its address, without those of others in `vendor/`.
fn sources() -> BTreeMap<String, String> {
    fn read(folder: &Path, address: &str, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry of it").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            if path.is_dir() {
                if name != "vendor" {
                    read(&path, &format!("{address}/{name}"), into);
                }
            } else {
                into.insert(format!("{address}/{name}"), fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    let mut sources = BTreeMap::new();
    read(&folder(), "/console", &mut sources);
    sources
}

/// What stands between quotes behind one of some words: the addresses that a file names.
fn named(text: &str, before: &[&str]) -> Vec<String> {
    let found = before.iter().flat_map(|before| text.split(*before).skip(1));
    found.filter_map(|rest| rest.split(['\'', '"']).next()).map(str::to_owned).collect()
}

/// An address that a file names, as the browser asks for it.
fn absolute(file: &str, named: &str) -> String {
    if named.starts_with('/') {
        return named.to_owned();
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in named.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_allows_no_inline_code_and_no_text_to_become_code() {
    for path in ["/console", "/console/", "/console/c/0193", "/console/statistics", "/console/invitation", "/console/main.js"] {
        let response = get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().expect("text");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{path}: {rule} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        // Modules of two versions would not fit together.
        assert_eq!(headers["cache-control"], "no-cache", "{path}");
        let is_page = !path.ends_with(".js");
        assert_eq!(headers["content-type"], if is_page { "text/html" } else { "text/javascript" }, "{path}");
        assert_eq!(is_page, response.text().await.expect("text").contains(r#"<div id="console">"#), "{path}");
    }
    for missing in ["/console/missing.js", "/console/views/missing.css"] {
        assert_eq!(get(missing).await.status(), StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_that_the_console_names_is_served() {
    let mut addresses = BTreeSet::from(["/console/beat.js".to_owned()]);
    for (file, text) in sources() {
        let words: &[&str] = if file.ends_with(".html") { &["href=\"", "src=\""] } else { &["from './", "from '../"] };
        for (word, name) in words.iter().flat_map(|word| named(&text, &[word]).into_iter().map(move |name| (word, name))) {
            // The split took the dots of a relative import away.
            let prefix = word.strip_prefix("from '").unwrap_or_default();
            addresses.insert(absolute(&file, &format!("{prefix}{name}")));
        }
    }
    assert!(addresses.len() > 30, "{addresses:?}");
    for address in addresses {
        let response = get(&address).await;
        assert_eq!(response.status(), StatusCode::OK, "{address}");
        assert_ne!(response.headers()["content-type"], "text/html", "{address}");
    }
}

#[test]
fn no_source_of_the_console_turns_text_into_code() {
    let sources = sources();
    assert!(sources.len() > 30, "{:?}", sources.keys());
    for (file, text) in &sources {
        for word in FORBIDDEN {
            assert!(!text.contains(word), "{file} mentions {word}");
        }
        // Nothing from elsewhere: no address of a third party, in markup, style or code.
        assert!(!text.contains("http://") && !text.contains("//cdn"), "{file} names an address");
        assert!(!text.contains(" style=\"") && !text.contains("<style") && !text.contains("onclick="), "{file} has inline code or style");
    }
}

#[test]
fn the_notice_names_what_the_console_carries_of_others() {
    let notice = fs::read_to_string(folder().join("../../../NOTICE")).expect("a notice");
    for entry in fs::read_dir(folder().join("vendor")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        assert!(notice.contains(&name), "{name}");
    }
}

/// Types into a field of the page, as soon as it is there.
async fn fill(browser: &Browser, field: &str, text: &str) {
    browser.wait(&format!("{field} is there"), &format!("document.querySelector('{field}')")).await;
    browser.look(&format!("document.querySelector('{field}').focus();")).await;
    browser.press(text).await;
}

/// Presses a button of the page that says this.
async fn press(browser: &Browser, words: &str) {
    let button = format!("[...document.querySelectorAll('button:enabled')].find((button) => button.innerText.trim() === '{words}')");
    browser.wait(&format!("{words} can be pressed"), &button).await;
    browser.look(&format!("{button}.click();")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_leads_to_the_desk_and_a_password_leads_back() {
    let server = Options::new().start().await;
    let data = server.data().display().to_string();
    let arguments = ["operator", "add", "thu.nguyen", "--role", "operator", "--display-name", "Chị Thu", "--data", &data];
    let key = ("HOTRO_KEY", "5eed".repeat(16));
    let added = run_with(&server.data(), &arguments, &[(key.0, &key.1)], b"").expect("the program runs");
    let token = added.stdout.lines().next().and_then(|link| link.split_once("/console/invitation#")).expect("a link").1;

    let browser = Browser::visit_at(&server, &format!("/console/invitation#{token}"), Screen::Desktop).await;
    fill(&browser, "#new", PASSWORD).await;
    // The link may be seen over a shoulder: it is gone from the address as soon as it is read.
    assert_eq!(browser.look("return location.hash;").await, "");
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    fill(&browser, "#again", PASSWORD).await;
    press(&browser, "Tiếp tục").await;
    browser.wait("the QR code is drawn", "document.querySelector('img.qr')?.naturalWidth > 0").await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    press(&browser, "Để sau").await;
    browser.wait("the desk is there", "document.querySelector('.rail') && location.pathname === '/console'").await;
    let name = "return document.querySelector('.person').innerText;";
    assert!(browser.look(name).await.as_str().is_some_and(|name| name.contains("Chị Thu")));
    // Pages of supervisors are not even offered.
    assert_eq!(browser.look("return document.querySelectorAll('a[href=\"/console/audit\"]').length;").await, 0);

    browser.look("document.querySelector('.person').click();").await;
    press(&browser, "Đăng xuất").await;
    fill(&browser, "#name", "thu.nguyen").await;
    fill(&browser, "#password", "một mật khẩu nào khác").await;
    press(&browser, "Đăng nhập").await;
    browser.wait("the refusal is told", "document.querySelector('[role=alert].error')?.innerText.includes('chưa đúng')").await;
    browser.look("document.querySelector('#password').select();").await;
    fill(&browser, "#password", PASSWORD).await;
    press(&browser, "Đăng nhập").await;
    browser.wait("the desk is there again", "document.querySelector('.rail')").await;
    browser.close().await;
}

/// An operator's browser, signed in and accepting offers.
async fn sits_down(server: &Server, name: &str, screen: Screen) -> Browser {
    let browser = Browser::visit_at(server, "/console", screen).await;
    fill(&browser, "#name", name).await;
    fill(&browser, "#password", PASSWORD).await;
    press(&browser, "Đăng nhập").await;
    press(&browser, "Bắt đầu nhận").await;
    browser
}

/// Clicks on an element of the page as soon as it is there.
async fn click(browser: &Browser, selector: &str) {
    browser.wait(&format!("{selector} is there"), &format!("document.querySelector('{selector}')")).await;
    browser.look(&format!("document.querySelector('{selector}').click();")).await;
}

async fn until_shown(browser: &Browser, selector: &str, words: &str) {
    let shown =
        format!("[...document.querySelectorAll('{selector}')].some((node) => node.innerText.includes({}))", serde_json::json!(words));
    browser.wait(&format!("{words} is shown"), &shown).await;
}

/// Takes what is offered, until so many conversations are held.
async fn takes(browser: &Browser, held: usize) {
    let has = format!("document.querySelector('.held')?.innerText.startsWith('{held}/')");
    let step = format!("({has}) || (document.querySelector('.offer .primary:enabled')?.click(), false)");
    browser.wait(&format!("{held} conversations are held"), &step).await;
}

async fn opens(browser: &Browser, conversation: &str) {
    click(browser, &format!("a.row[href$=\"{conversation}\"]")).await;
    browser
        .wait("it can be answered", &format!("location.pathname.endsWith('{conversation}') && document.querySelector('.reply textarea')"))
        .await;
}

async fn answers(browser: &Browser, text: &str) {
    fill(browser, ".reply textarea", &format!("{text}{}", char::from(Key::Enter))).await;
    until_shown(browser, ".transcript .operator:not(.pending) .text", text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_serve_three_citizens_from_their_browsers() {
    let telegram = Telegram::start().await.expect("a Bot API");
    let options = Options::new().variable("TELEGRAM_BOT_TOKEN", TOKEN).variable("HOTRO_TELEGRAM_API_URL", telegram.url());
    let options = options.variable("HOTRO_DESK_LEASE_S", LEASE_S).variable("HOTRO_DESK_OFFER_S", "60");
    let server = options.start().await;
    Operator::join(&server, "thu", "Chị Thu", Role::Operator).await;
    let nam_id = Operator::join(&server, "nam", "Anh Nam", Role::Operator).await.id;

    // All three come to the only one who is there.
    let thu = sits_down(&server, "thu", Screen::Desktop).await;
    let (mai, binh) = (server.citizen().await, server.citizen().await);
    mai.say("quên mật khẩu vssid").await;
    mai.tap("operator").await;
    binh.tap("operator").await;
    telegram.citizen(AN).says("/tongdai");
    takes(&thu, 3).await;

    // What the bot said is there with its outcome, and markup stays text.
    opens(&thu, &mai.id).await;
    until_shown(&thu, ".transcript .bot .outcome", "Đã trả lời").await;
    let markup = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    mai.say(markup).await;
    until_shown(&thu, ".transcript .citizen .text", markup).await;
    assert_eq!(thu.look("return document.querySelectorAll('.transcript :is(img, script)').length;").await, 0);
    answers(&thu, "Chào bạn, mình là Thu.").await;
    assert_eq!(mai.hears("operator_message", 0).await["text"], "Chào bạn, mình là Thu.");
    assert_eq!(thu.accessibility_violations().await, Vec::<String>::new());

    let an = thu.look(
        "return [...document.querySelectorAll('a.row')].find((row) => row.innerText.includes('Telegram')).pathname.split('/').at(-1);",
    );
    opens(&thu, an.await.as_str().expect("a conversation on Telegram")).await;
    answers(&thu, "Chào An.").await;
    telegram.until("An reads it", |world| world.sent_to(AN).any(|sent| sent.html.contains("Chào An."))).await;

    // To a colleague, with a note that the citizen never sees.
    let nam = sits_down(&server, "nam", Screen::DarkDesktop).await;
    nam.wait("nam is at the desk", "document.querySelector('.held')").await;
    opens(&thu, &mai.id).await;
    click(&thu, ".about [aria-label=\"Chuyển\"]").await;
    click(&thu, &format!("dialog input[value=\"operator:{nam_id}\"]:enabled")).await;
    fill(&thu, "#transfer-note", "Bạn ấy cần đổi số.").await;
    press(&thu, "Chuyển").await;
    takes(&nam, 1).await;
    until_shown(&nam, ".transcript .note-row", "Bạn ấy cần đổi số.").await;

    // A laptop is closed: both that it held go to the one who is still there.
    thu.close().await;
    takes(&nam, 3).await;
    assert_eq!(binh.hears("handoff_released", 0).await["why"], "lease_ended");
    assert_eq!(nam.accessibility_violations().await, Vec::<String>::new());

    // The end, and what the citizen thinks of it.
    opens(&nam, &mai.id).await;
    press(&nam, "Kết thúc").await;
    click(&nam, "dialog input[value=referred]").await;
    click(&nam, "dialog footer .primary").await;
    assert_eq!(mai.hears("handoff_resolved", 0).await["reason"], "referred");
    takes(&nam, 2).await;
    mai.tap("rate:5").await;
    assert_eq!(mai.hears("rated", 0).await["stars"], 5);
    nam.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_from_the_widget_to_the_console() {
    let server = Options::new().start().await;
    Operator::join(&server, "thu", "Chị Thu", Role::Operator).await;
    let citizen = Browser::visit(&server, Screen::Phone).await;
    citizen.click("#launcher").await;
    citizen.wait("it has begun", "root.querySelector('.choice:enabled')").await;
    assert_eq!(citizen.look("return !!root.querySelector('#attach');").await, false, "nobody would look at a photo yet");
    citizen.say("gặp tổng đài viên").await;
    citizen.wait("photos can be sent", "root.querySelector('#attach:not([hidden])')").await;
    // What a telephone would hand over.
    let pick = "const canvas = document.createElement('canvas'); [canvas.width, canvas.height] = [640, 400]; \
        const brush = canvas.getContext('2d'); brush.fillStyle = '#dbe7f3'; brush.fillRect(0, 0, 640, 400); brush.fillStyle = '#123'; \
        brush.font = '36px sans-serif'; brush.fillText('Tờ khai TK1-TS (mẫu)', 40, 90); \
        canvas.toBlob((blob) => { const picked = new DataTransfer(); picked.items.add(new File([blob], 'IMG_1.jpg', { type: 'image/jpeg' })); \
          const picker = root.querySelector('input[type=file]'); picker.files = picked.files; picker.dispatchEvent(new Event('change')); }, 'image/jpeg');";
    citizen.look(pick).await;
    citizen.wait("it is in the log", "[...root.querySelectorAll('.me .text')].some((text) => text.textContent.includes('Ảnh'))").await;
    assert_eq!(citizen.accessibility_violations().await, Vec::<String>::new());
    citizen.keep_picture("widget-photo-phone").await;

    let thu = sits_down(&server, "thu", Screen::Desktop).await;
    takes(&thu, 1).await;
    click(&thu, "a.row").await;
    thu.wait("the photo is seen", "document.querySelector('.transcript .photo img')?.naturalWidth === 640").await;
    assert_eq!(thu.accessibility_violations().await, Vec::<String>::new());
    thu.keep_picture("console-photo").await;
    thu.close().await;
    citizen.close().await;
}

/// The pages beside the desk, and what is shown on each once it has loaded.
const PAGES: [(&str, &str); 9] = [
    ("board", "main table, main .board"),
    ("callbacks", "main li, main table"),
    ("canned", "main li, main table"),
    ("places", "main li"),
    ("statistics", "main svg"),
    ("gaps", "main li, main table"),
    ("operators", "main table"),
    ("settings", "main input"),
    ("audit", "main table, main li"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_console_fits_its_window_and_is_accessible() {
    let server = Options::new().start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let thu = Operator::join(&server, "thu", "Chị Thu", Role::Operator).await;
    let (mai, binh) = (server.citizen().await, server.citizen().await);
    mai.say("thẻ bảo hiểm của mèo nhà tôi mua ở đâu").await;
    mai.say("con mèo nhà tôi ốm").await;
    mai.tap("operator").await;
    thu.is_present(Some(true)).await;
    let offered = thu.finds("mine", "offered", &mai.id).await;
    let claim = thu.claims(offered["handoff_id"].as_str().expect("an id")).await;
    thu.says(&claim, "Chào bạn, mình nghe đây.").await;
    thu.does("resolve", &claim, serde_json::json!({ "reason": "answered" })).await;
    mai.tap("rate:5").await;
    let canned = serde_json::json!({ "title": "Xin chờ", "text": "Bạn chờ mình một chút nhé.", "skill": null });
    assert_eq!(truong.post("/canned", canned).await.status(), reqwest::StatusCode::CREATED);
    let from_ms = hotro::conversation::now_ms();
    let wish =
        serde_json::json!({ "client_id": uuid::Uuid::now_v7(), "phone": "0900000001", "from_ms": from_ms, "to_ms": from_ms + 3_600_000 });
    assert_eq!(binh.post("callback", &wish).await.status(), reqwest::StatusCode::ACCEPTED);
    binh.tap("operator").await;
    binh.tap("place-wrong:f01001").await;

    for (screen, size) in [(Screen::Desktop, "1280"), (Screen::Narrow, "768"), (Screen::DarkDesktop, "dark")] {
        let browser = Browser::visit_at(&server, "/console", screen).await;
        browser.sign_in(truong.cookie()).await;
        browser.wait("the desk is there", "document.querySelector('.rail')").await;
        for (page, shown) in [("", ".list")].into_iter().chain(PAGES) {
            browser.look(&format!("window.dispatchEvent(new CustomEvent('console:go', {{ detail: '/console/{page}' }}));")).await;
            browser.wait(&format!("{page} is shown"), &format!("document.querySelector('{shown}')")).await;
            browser.wait("nothing is on its way", "!document.querySelector('main [aria-busy=true], main .loading')").await;
            let overflow = browser.look("const page = document.documentElement; return [page.scrollWidth - page.clientWidth, page.scrollHeight - page.clientHeight];");
            assert_eq!(overflow.await, serde_json::json!([0, 0]), "{page} at {size} is larger than its window");
            assert_eq!(browser.accessibility_violations().await, Vec::<String>::new(), "{page} at {size}");
            browser.keep_picture(&format!("console-{}-{size}", if page.is_empty() { "desk" } else { page })).await;
        }
        browser.close().await;
    }
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}
