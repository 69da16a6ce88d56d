//! Calculators in a real Chromium, and the page to print.

use harness::browser::{Browser, Screen};
use harness::server::Server;

/// What is asked at once, and what is said to it.
const CASES: [(&str, &str, &str); 3] = [
    ("lump-sum", "từ 3/2015 đến 9/2024 lương 5tr rút một lần được bao nhiêu", "BHXH một lần khoảng"),
    ("maternity", "sinh con tháng 3/2027 lương 8tr5 con đầu được mấy tiền", "Tiền thai sản khoảng 56.060.000 đồng"),
    ("bill", "viện phí 12tr đúng tuyến thẻ 80% chưa đủ 5 năm liên tục thì bhyt trả bao nhiêu", "Quỹ BHYT trả khoảng 9.600.000 đồng"),
];

#[tokio::test(flavor = "multi_thread")]
async fn three_calculators_in_the_widget_and_on_paper_on_a_phone() {
    in_the_widget_and_on_paper(Screen::Phone, "phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_calculators_in_the_widget_and_on_paper_on_a_desktop_by_night() {
    in_the_widget_and_on_paper(Screen::DarkDesktop, "desktop").await;
}

async fn in_the_widget_and_on_paper(screen: Screen, on: &str) {
    for (name, asked, said) in CASES {
        let browser = Browser::visit(Server::shared(), screen).await;
        browser.click("#launcher").await;
        browser.wait("the chat is open", "root.querySelector('.choice:enabled')").await;
        browser.say(asked).await;
        let last = "[...root.querySelectorAll('.msg.bot')].at(-1)";
        browser.wait(said, &format!("{last}?.innerText.includes('{said}') && {last}.innerText.includes('Cách tính')")).await;
        let overflow = "return [document.documentElement, root.querySelector('#log')].some((node) => node.scrollWidth > node.clientWidth);";
        assert_eq!(browser.look(overflow).await, false, "{name}");
        assert_eq!(browser.accessibility_violations().await, Vec::<String>::new(), "{name}");
        browser.keep_picture(&format!("calculation-{name}-{on}")).await;
        let page = "return [...root.querySelectorAll('.choices a')].map((link) => link.href).find((href) => href.includes('/print/calculation#'));";
        let page = browser.look(page).await;
        let page = page.as_str().unwrap_or_else(|| panic!("{name}: no page to print"));
        browser.go(page).await;
        browser.wait("the page has calculated", "document.documentElement.hasAttribute('data-ready')").await;
        let paper = browser.look("return document.body.innerText;").await;
        assert!(paper.as_str().is_some_and(|paper| paper.contains(said) && paper.contains("Căn cứ")), "{name}: {paper}");
        assert_eq!(browser.accessibility_violations().await, Vec::<String>::new(), "{name} on paper");
        browser.keep_picture(&format!("calculation-{name}-{on}-paper")).await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_input_is_changed_by_buttons_on_a_phone() {
    let browser = Browser::visit(Server::shared(), Screen::Phone).await;
    browser.click("#launcher").await;
    browser.wait("the chat is open", "root.querySelector('.choice:enabled')").await;
    browser.say("sinh con tháng 3/2027 lương 8tr5 con đầu được mấy tiền").await;
    let last = "[...root.querySelectorAll('.msg.bot')].at(-1)";
    browser.wait("the first amount", &format!("{last}?.innerText.includes('56.060.000')")).await;
    browser.click(".choices:not(.used) button[data-choice='calc:change0']").await;
    browser.wait("what to change", &format!("{last}.innerText.includes('đổi mục nào')")).await;
    browser.click(".choices:not(.used) button[data-choice='calc:ask:child_order']").await;
    browser.wait("which child", &format!("{last}.innerText.includes('con thứ mấy')")).await;
    browser.click(".choices:not(.used) button[data-choice='calc:set:child_order:second']").await;
    browser.wait("another amount", &format!("{last}.innerText.includes('64.560.000')")).await;
    browser.close().await;
}
