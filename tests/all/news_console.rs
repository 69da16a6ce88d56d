//! Editors of the news at the console, and the list of news in the widget.

use harness::browser::{Browser, Screen};
use harness::console::Operator;
use harness::feeds::{Answer, Feeds};
use harness::server::{Options, Server};
use harness::wait::until;
use hotro::desk::account::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FEED: &str = "<rss version=\"2.0\"><channel><title>x</title><item><title>Ra mắt cổng tra cứu Sao Mai</title>\
    <link>https://bao.example/sao-mai</link><description>&lt;img src=x onerror=alert(1)&gt;Phục vụ người dân từ hôm nay.</description></item></channel></rss>";

async fn serve(feeds: &Feeds) -> Server {
    feeds.serve("/a", Answer::feed("text/xml", FEED));
    feeds.serve("/down", Answer::Whole(503, Vec::new(), Vec::new()));
    let list = format!(
        "[{{ id = \"bao-a\", name = \"Báo A\", url = \"{}\", interval_s = 1 }}, {{ id = \"bao-b\", name = \"Báo B\", url = \"{}\" }}]",
        feeds.url("/a"),
        feeds.url("/down")
    );
    let options = Options::new().variable("HOTRO_NEWS_FEEDS", &list).variable("HOTRO_NEWS_ALLOW_PRIVATE_NETWORKS", "true");
    options.start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn supervisors_approve_pin_link_and_hide_and_nobody_else_does() {
    let feeds = Feeds::start().await.unwrap();
    let server = serve(&feeds).await;
    let thu = Operator::join(&server, "thu", "Chị Thu", Role::Supervisor).await;
    let nam = Operator::join(&server, "nam", "Anh Nam", Role::Operator).await;
    let refused = nam.request(Method::GET, "/news").send().await.unwrap().status();
    assert_eq!(refused, StatusCode::FORBIDDEN);
    let item = until("the item waits", async || {
        let news = thu.get("/news?state=waiting").await;
        news["items"].as_array().unwrap().first().cloned()
    })
    .await;
    let id = item["id"].as_str().unwrap();
    until("the failing feed is seen", async || {
        let feeds = thu.get("/news").await["feeds"].as_array().unwrap().clone();
        feeds.iter().any(|feed| feed["id"] == "bao-b" && feed["error"] == "status 503").then_some(())
    })
    .await;
    let preview = thu.get(&format!("/news/{id}/preview")).await;
    assert!(preview.to_string().contains("Sao Mai") && !preview.to_string().contains("onerror"), "{preview}");

    let wanted = |state: &str, more: Value| {
        let mut body = json!({ "title": "Cổng tra cứu Sao Mai", "text": "Phục vụ người dân từ hôm nay.", "themes": ["vssid"],
            "topics": ["vssid/install"], "changes": ["vssid/install"], "effective_day": "2026-11-26", "state": state, "pinned": true });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let put = async |operator: &Operator, body: Value| {
        operator.request(Method::PUT, &format!("/news/{id}")).json(&body).send().await.unwrap().status()
    };
    assert_eq!(put(&nam, wanted("approved", json!({}))).await, StatusCode::FORBIDDEN);
    for bad in [
        json!({ "themes": ["x"] }),
        json!({ "topics": ["vssid/none"], "changes": [] }),
        json!({ "changes": ["bhyt/dental"] }),
        json!({ "effective_day": "2026-02-30" }),
        json!({ "state": "gone" }),
        json!({ "title": "" }),
    ] {
        assert_eq!(put(&thu, wanted("approved", bad.clone())).await, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(put(&thu, wanted("approved", json!({ "send": true }))).await, StatusCode::OK);

    // Within a second it is pinned at the top, and named under the answer that it changed.
    let citizen = server.citizen().await;
    until("it is listed first", async || {
        let reply = citizen.reply(&citizen.tap("news").await).await;
        reply["message"]["choices"][0]["id"].as_str().is_some_and(|choice| choice == format!("news:{id}")).then_some(())
    })
    .await;
    let answer = citizen.reply(&citizen.tap("topic:vssid/install").await).await;
    assert!(answer.to_string().contains("Mới: "), "{answer}");
    assert_eq!(put(&thu, wanted("hidden", json!({ "changes": [] }))).await, StatusCode::OK);
    until("it is gone", async || {
        let reply = citizen.reply(&citizen.tap(&format!("news:{id}")).await).await;
        (reply["outcome"] == "missed").then_some(())
    })
    .await;

    let written =
        thu.post("/news", wanted("approved", json!({ "url": "https://baohiemxahoi.gov.vn/tin-1", "topics": [], "changes": [] }))).await;
    assert_eq!(written.status(), StatusCode::CREATED);
    let again = thu
        .post("/news", wanted("approved", json!({ "url": "https://baohiemxahoi.gov.vn/tin-1?utm_source=x", "topics": [], "changes": [] })))
        .await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let bad = thu.post("/news", wanted("approved", json!({ "url": "javascript:alert(1)" }))).await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
    let audit = thu.get("/audit").await.to_string();
    assert!(audit.matches("news_changed").count() >= 3, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn editors_and_citizens_see_the_news_in_their_browsers() {
    let feeds = Feeds::start().await.unwrap();
    let server = serve(&feeds).await;
    let thu = Operator::join(&server, "thu", "Chị Thu", Role::Supervisor).await;
    let desk = Browser::visit_at(&server, "/console", Screen::Desktop).await;
    desk.look(&format!("document.cookie = '{}; path=/';", thu.cookie)).await;
    desk.reload().await;
    desk.wait("the rail has the news", "document.querySelector('a[href=\"/console/news\"]')").await;
    desk.look("document.querySelector('a[href=\"/console/news\"]').click();").await;
    desk.wait("the item is shown", "document.querySelector('.card h2')?.innerText.includes('Sao Mai')").await;
    assert_eq!(desk.accessibility_violations().await, Vec::<String>::new());
    desk.look("document.querySelector('.card .button').click();").await;
    desk.wait("the editor is open", "document.querySelector('#news-title')").await;
    desk.look("[...document.querySelectorAll('dialog .button')].find((button) => button.innerText.includes('Xem như')).click();").await;
    desk.wait("the preview is there", "document.querySelector('dialog section.card')?.innerText.includes('Phục vụ')").await;
    assert_eq!(desk.look("return document.querySelectorAll('dialog img').length;").await, 0);
    assert_eq!(desk.accessibility_violations().await, Vec::<String>::new());
    desk.look("[...document.querySelectorAll('dialog .button')].find((button) => button.innerText.includes('Duyệt và gửi')).click();")
        .await;
    desk.wait("nothing waits", "document.querySelector('.empty')").await;
    desk.close().await;

    let page = Browser::visit(&server, Screen::Phone).await;
    page.click("#launcher").await;
    page.wait("the mark of unread news", "root.querySelector('#news-open.unread')").await;
    page.click("#news-open").await;
    page.wait("the list", "[...root.querySelectorAll('#news button')].some((item) => item.innerText.includes('Sao Mai'))").await;
    assert_eq!(page.accessibility_violations().await, Vec::<String>::new());
    page.wait("nothing is unread", "!root.querySelector('#news-open.unread')").await;
    page.look("[...root.querySelectorAll('#news button')].find((item) => item.innerText.includes('Sinh con thứ hai')).click();").await;
    page.wait(
        "the item is answered",
        "[...root.querySelectorAll('.msg.bot')].some((node) => node.innerText.includes('nghỉ thai sản 7 tháng'))",
    )
    .await;
    page.close().await;
}
