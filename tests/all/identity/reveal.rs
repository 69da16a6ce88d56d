//! The record of a verified citizen as the operator who helps them opens it.

use super::{Person, Service, words};
use harness::browser::{Browser, Screen};
use harness::citizen::Citizen;
use harness::console::{Claim, Operator};
use harness::server::run_with;
use hotro::desk::account::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

const REASON: &str = "Người dân hỏi vì sao thiếu tháng đóng";
const KEY: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");

impl Service {
    /// Somebody at the desk whose name no other test has. They take what they claim, and are offered nothing.
    pub(super) async fn operator(&self, role: Role) -> Operator {
        self.operator_from(&self.server.url(""), role).await
    }

    /// The same, where browsers see the server at another address.
    pub(super) async fn operator_from(&self, origin: &str, role: Role) -> Operator {
        let name = format!("o{}", &Uuid::now_v7().simple().to_string()[20..]);
        let (base, database) = (self.server.url(""), self.server.database_url());
        let operator = Operator::join_from(origin, &base, &database, &name, &format!("Chị {name}"), role).await;
        operator.is_present(Some(false)).await;
        operator
    }

    /// A verified citizen who talks to an operator.
    pub(super) async fn talk(&self, operator: &Operator) -> (Citizen, Person, Claim) {
        let person = self.person();
        let citizen = self.verified_as(&person).await;
        let claim = claim(operator, &citizen).await;
        (citizen, person, claim)
    }
}

pub(super) async fn claim(operator: &Operator, citizen: &Citizen) -> Claim {
    citizen.tap("operator").await;
    let handoff = operator.finds("waiting", "waiting", &citizen.id).await;
    // Still here, however long the machine took.
    operator.is_present(None).await;
    operator.claims(handoff["handoff_id"].as_str().expect("an id")).await
}

async fn reveal(operator: &Operator, claim: &Claim, what: &str, reason: &str) -> (StatusCode, Value) {
    operator.does("record", claim, json!({ "client_id": Uuid::now_v7(), "what": what, "reason": reason })).await
}

fn code((status, body): &(StatusCode, Value)) -> (u16, &str) {
    (status.as_u16(), body["error"]["code"].as_str().unwrap_or_default())
}

on_both! {
    sqlite: super::Service::shared(), postgres: super::Service::shared_on_postgres();
    the_holder_of_a_conversation_opens_a_part_of_a_record_with_a_reason
    whoever_is_not_verified_or_does_not_hold_it_opens_nothing
    the_console_asks_for_a_reason_and_shows_the_part
}

async fn the_holder_of_a_conversation_opens_a_part_of_a_record_with_a_reason(service: &Service) {
    let (thu, chief) = (service.operator(Role::Operator).await, service.operator(Role::Supervisor).await);
    let (citizen, person, claim) = service.talk(&thu).await;
    // That there is a record is seen, not what is in it.
    let log = thu.get(&format!("/conversations/{}/events?after=0", citizen.id)).await.to_string();
    assert!(log.contains(&format!("\"ending\":\"{}\"", &person.code[6..])) && !log.contains(&person.code), "{log}");
    assert!(!log.contains("Công ty Thử Nghiệm Riêng"), "{log}");

    let body = json!({ "client_id": Uuid::now_v7(), "what": "participation", "reason": format!("{REASON}, mã {}", person.code) });
    let (status, shown) = thu.does("record", &claim, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
    assert!(words(&shown).contains("13 năm 6 tháng") && shown["ending"] == person.code[6..], "{shown}");
    assert!(shown["message"]["choices"].is_null() && !shown.to_string().contains(&person.code), "{shown}");
    // Lost on its way and sent again: the same, told once.
    assert_eq!(thu.does("record", &claim, body).await.0, StatusCode::OK);
    let (status, card) = reveal(&thu, &claim, "card", "Kiểm tra hạn thẻ theo lời người dân").await;
    assert!(status == StatusCode::OK && words(&card).contains("Trạm y tế Thử Nghiệm"), "{card}");

    // The citizen is told who saw what; why, and in what words, is for the audit.
    let log = citizen.events(0).await;
    let told: Vec<&Value> = log.iter().filter(|event| event["kind"] == "record_revealed").collect();
    assert_eq!(told.iter().map(|event| event["what"].as_str()).collect::<Vec<_>>(), [Some("participation"), Some("card")]);
    assert!(told[0]["operator"].as_str().is_some_and(|name| name.starts_with("Chị ")) && !json!(log).to_string().contains(REASON));
    let audit = chief.get("/audit").await.to_string();
    assert!(audit.contains("record_revealed") && audit.contains(REASON) && !audit.contains(&person.code), "{audit}");
    let (folder, url, by) = (service.server.folder().to_owned(), service.server.database_url(), thu.id.to_string());
    let listed = tokio::task::spawn_blocking(move || {
        run_with(&folder, &["audit", "--operator", &by, "--data", "data", "--database", &url], &[KEY], b"").expect("it runs")
    });
    let listed = listed.await.expect("it ends").stdout;
    assert_eq!(listed.lines().count(), 3, "each reading has a line: {listed}");
    assert!(listed.lines().all(|line| line.contains(&citizen.id) && line.contains(&thu.id.to_string())), "{listed}");
    assert!(listed.contains(REASON) && listed.contains("\tcard\t") && !listed.contains(&person.code), "{listed}");

    // It ends with the citizen's verification, which they end while the operator talks.
    let sent = citizen.say("đăng xuất").await;
    citizen.hears("verification_ended", sent.seq).await;
    harness::wait::until("nothing is opened any more", async || {
        let refused = reveal(&thu, &claim, "card", REASON).await;
        (code(&refused) == (409, "not_verified")).then_some(())
    })
    .await;
    assert_eq!(thu.says(&claim, "Mình vẫn ở đây.").await.0, StatusCode::ACCEPTED, "the talk goes on");
}

async fn whoever_is_not_verified_or_does_not_hold_it_opens_nothing(service: &Service) {
    let (thu, nam, chief) =
        (service.operator(Role::Operator).await, service.operator(Role::Operator).await, service.operator(Role::Supervisor).await);
    let stranger = service.server.citizen().await;
    let unverified = claim(&thu, &stranger).await;
    assert_eq!(code(&reveal(&thu, &unverified, "card", REASON).await), (409, "not_verified"));
    let (_, person, claim) = service.talk(&thu).await;
    // Of others not even that is said.
    for other in [&nam, &chief] {
        assert_eq!(code(&reveal(other, &claim, "card", REASON).await), (409, "not_theirs"));
        assert_eq!(code(&reveal(other, &unverified, "card", REASON).await), (409, "not_theirs"));
    }
    let stale = Claim { fence: claim.fence + 1, ..claim.clone() };
    assert_eq!(code(&reveal(&thu, &stale, "card", REASON).await), (409, "not_theirs"));
    for reason in ["", "xem", "..........", "aaaaaaaaaaaaaaa", "   xem   thẻ  ", &"lý do ".repeat(100)] {
        assert_eq!(code(&reveal(&thu, &claim, "card", reason).await), (400, "bad_request"), "{reason}");
    }
    for what in ["", "all", "phone", "CARD", "code "] {
        assert_eq!(code(&reveal(&thu, &claim, what, REASON).await), (400, "bad_request"), "{what}");
    }
    let nobody = Claim { handoff: Uuid::now_v7().to_string(), ..claim.clone() };
    assert_eq!(code(&reveal(&thu, &nobody, "card", REASON).await), (409, "no_such_handoff"));
    // Given away, it is the other's to open.
    assert_eq!(thu.does("transfer", &claim, json!({ "to_operator": nam.id, "to_skill": null, "note": null })).await.0.as_u16(), 409);
    nam.is_present(Some(true)).await;
    assert_eq!(
        thu.does("transfer", &claim, json!({ "to_operator": nam.id, "to_skill": null, "note": null })).await.0,
        StatusCode::NO_CONTENT
    );
    let taken = nam.claims(&claim.handoff).await;
    nam.is_present(Some(false)).await;
    assert_eq!(code(&reveal(&thu, &claim, "card", REASON).await), (409, "not_theirs"));
    let (status, shown) = reveal(&nam, &taken, "code", "Người dân quên mã số của mình").await;
    assert!(status == StatusCode::OK && words(&shown).contains(&person.code), "{shown}");
    assert_eq!(nam.does("resolve", &taken, json!({ "reason": "answered" })).await.0, StatusCode::NO_CONTENT);
    assert_eq!(code(&reveal(&nam, &taken, "code", REASON).await), (409, "no_such_handoff"));
}

async fn the_console_asks_for_a_reason_and_shows_the_part(service: &Service) {
    let thu = service.operator(Role::Operator).await;
    let (citizen, _, claim) = service.talk(&thu).await;
    let browser = Browser::visit_at(&service.server, "/console", Screen::Desktop).await;
    browser.sign_in(thu.cookie()).await;
    browser.go(&service.server.url(&format!("/console/c/{}", claim.conversation))).await;
    let shows = |what: &str, condition: &str| format!("document.querySelector({what:?}){condition}");
    browser.wait("the record is there", &shows(".record", "?.innerText.includes('Mã số tận cùng')")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.look("document.querySelector('.record button').click();").await;
    browser.wait("a reason is asked for", &shows("#record-reason", "")).await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.look("document.querySelector('#record-reason').focus();").await;
    browser.press("xem").await;
    browser.look("document.querySelector('dialog button.primary').click();").await;
    browser.wait("it must say more", &shows("dialog .error", "?.innerText.includes('ít nhất 10')")).await;
    browser.look("document.querySelector('#record-reason').focus();").await;
    browser.press(" hạn thẻ theo yêu cầu").await;
    browser
        .look("const what = document.querySelector('#record-what'); what.value = 'card'; what.dispatchEvent(new Event('change'));")
        .await;
    browser.look("document.querySelector('dialog button.primary').click();").await;
    browser.wait("the card is shown", &shows(".record .revealed", "?.innerText.includes('Trạm y tế Thử Nghiệm')")).await;
    browser.keep_picture("console-record").await;
    assert_eq!(browser.accessibility_violations().await, Vec::<String>::new());
    browser.wait("the log tells of it", &shows(".transcript", "?.innerText.includes('đã mở hồ sơ: Thẻ BHYT')")).await;
    citizen.tap("sign-out").await;
    browser.wait("it is hidden again", "!document.querySelector('.record')").await;
    browser.close().await;
}
