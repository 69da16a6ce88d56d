//! Verified lookups, as citizens use them: in the widget, on Telegram, and as those who are up to no good try them.

use harness::citizen::Citizen;
use harness::server::{Options, Server};
use harness::sms::Sms;
use hotro::identity::demo::PEOPLE;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

mod browser;
mod hostile;
mod records;
mod secrets;
mod telegram;

/// The invented person with everything to see, and the date as people type it.
const CODE: &str = PEOPLE[0].code;
const BIRTH: &str = "05/03/1990";
const PHONE: &str = "0412345678";

/// A server with the invented people, and the gateway of their telephones.
struct Service {
    server: Server,
    sms: Sms,
}

impl Service {
    async fn start(options: Options) -> Service {
        let sms = Sms::start().await.expect("a gateway");
        let server = options.sms(&sms).start().await;
        server.invent_people().await;
        // Lookups are offered once somebody is known; a server looks at its start, and then from time to time.
        let server = {
            let mut server = server;
            server.stop();
            server.start_again().await
        };
        Service { server, sms }
    }

    async fn on_postgres() -> Service {
        Service::start(Options::on_postgres().await).await
    }

    /// Opens the form of a conversation.
    async fn form(&self, citizen: &Citizen) -> String {
        let opened: Value = citizen.post("verification", &json!({})).await.json().await.expect("JSON");
        opened["session"].as_str().unwrap_or_else(|| panic!("a session in {opened}")).to_owned()
    }

    async fn post(&self, path: &str, session: &str, body: Value) -> Response {
        let request = harness::citizen::http().post(self.server.url(&format!("/api/verification/{path}"))).bearer_auth(session);
        request.json(&body).send().await.expect("the server answers")
    }

    async fn begin(&self, session: &str, identifier: &str, birth: &str) -> Response {
        self.post("start", session, json!({ "consent": true, "identifier": identifier, "birth": birth })).await
    }

    /// Somebody who is verified as the first of the invented people, by the `nth` password to that telephone.
    async fn verified(&self, nth: usize) -> Citizen {
        let citizen = self.server.citizen().await;
        let session = self.form(&citizen).await;
        assert_eq!(self.begin(&session, CODE, BIRTH).await.status(), StatusCode::ACCEPTED);
        let otp = self.sms.otp(PHONE, nth).await;
        assert_eq!(self.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);
        citizen
    }
}

async fn code_of(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

/// The words of a personal message, buttons left out.
fn words(message: &Value) -> String {
    message["message"]["blocks"].to_string()
}

on_both! {
    sqlite: super::Service::start(super::Options::new()).await, postgres: super::Service::on_postgres().await;
    what_was_asked_is_shown_after_the_password
    signing_out_and_a_new_form_end_it
    a_password_belongs_to_its_form_and_is_tried_five_times
    a_conversation_is_erased_with_a_receipt
    another_key_is_taken_over_and_accesses_are_listed
}

async fn what_was_asked_is_shown_after_the_password(service: Service) {
    let citizen = service.server.citizen().await;
    let sent = citizen.say("tôi đóng được bao nhiêu năm rồi").await;
    let reply = citizen.reply(&sent).await;
    assert!(reply["message"]["choices"].to_string().contains("\"verify\""), "{reply}");
    let session = service.form(&citizen).await;
    let started = service.begin(&session, "001.234 5678", "5-3-1990").await;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    let otp = service.sms.otp(PHONE, 1).await;
    assert_eq!(service.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);

    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("13 năm 8 tháng") || words(&shown).contains("năm"), "{shown}");
    let sent = citizen.say("thẻ bảo hiểm của tôi còn hạn không").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("Trạm y tế Thử Nghiệm"), "{shown}");
    let sent = citizen.tap("look:dossiers").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("HS-THU-0001"), "{shown}");
    let sent = citizen.say("mã số bhxh của tôi là gì").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains(CODE), "{shown}");
    // The page to print has the same months.
    let summary: Value = citizen.post("summary", &json!({})).await.json().await.expect("JSON");
    assert_eq!(summary["code"], CODE);
    assert!(summary["periods"].as_array().is_some_and(|periods| periods.len() == 9), "{summary}");
}

async fn signing_out_and_a_new_form_end_it(service: Service) {
    let citizen = service.verified(1).await;
    let sent = citizen.tap("look:card").await;
    citizen.hears("personal_message", sent.seq).await;
    let sent = citizen.say("đăng xuất").await;
    citizen.hears("verification_ended", sent.seq).await;
    harness::wait::until("what was shown is sealed for ever", async || {
        let events = citizen.events(0).await;
        let personal: Vec<&Value> = events.iter().filter(|event| event["kind"] == "personal_message").collect();
        (personal.len() == 1 && personal[0]["message"].is_null()).then_some(())
    })
    .await;
    assert_eq!(citizen.post("summary", &json!({})).await.status(), StatusCode::UNAUTHORIZED);
    let sent = citizen.tap("look:card").await;
    assert!(citizen.reply(&sent).await["message"]["choices"].to_string().contains("\"verify\""));

    let again = service.verified(2).await;
    service.form(&again).await;
    let sent = again.tap("look:card").await;
    let reply = again.hears("bot_message", sent.seq).await;
    assert!(reply["message"]["choices"].to_string().contains("\"verify\""), "another form has ended it: {reply}");
    assert!(again.events(sent.seq).await.iter().all(|event| event["kind"] != "personal_message"));
}

async fn a_password_belongs_to_its_form_and_is_tried_five_times(service: Service) {
    let (one, two) = (service.server.citizen().await, service.server.citizen().await);
    let (first, second) = (service.form(&one).await, service.form(&two).await);
    service.begin(&first, CODE, BIRTH).await;
    let otp = service.sms.otp(PHONE, 1).await;
    service.begin(&second, CODE, BIRTH).await;
    let own = service.sms.otp(PHONE, 2).await;
    assert_eq!(code_of(service.post("check", &second, json!({ "otp": otp })).await).await.1, "wrong_otp", "of another form");
    assert_eq!(code_of(service.post("check", "nothing", json!({ "otp": own })).await).await.1, "form_closed");
    for typed in ["", "12345", "1234567", "abcdef", "12345a"] {
        assert_eq!(
            code_of(service.post("check", &second, json!({ "otp": typed })).await).await,
            (StatusCode::BAD_REQUEST, "otp".to_owned())
        );
    }
    let wrong = if own == "000000" { "111111" } else { "000000" };
    for left in [3, 2, 1] {
        let response = service.post("check", &second, json!({ "otp": wrong })).await;
        let body: Value = response.json().await.expect("JSON");
        assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains(&format!("còn {left} lần"))), "{body}");
    }
    assert_eq!(code_of(service.post("check", &second, json!({ "otp": wrong })).await).await.1, "no_tries");
    assert_eq!(code_of(service.post("check", &second, json!({ "otp": own })).await).await.1, "no_tries", "the right one comes too late");
    assert_eq!(code_of(service.post("resend", &second, json!({})).await).await.1, "too_early");
    assert_eq!(service.post("check", &first, json!({ "otp": otp })).await.status(), StatusCode::OK, "the other form is not touched");
    // The same again, when its answer was lost, changes nothing.
    assert_eq!(service.post("check", &first, json!({ "otp": otp })).await.status(), StatusCode::OK);
    let verified = one.events(0).await.iter().filter(|event| event["kind"] == "verified").count();
    assert_eq!(verified, 1);
}

async fn a_conversation_is_erased_with_a_receipt(service: Service) {
    let citizen = service.verified(1).await;
    let sent = citizen.tap("look:card").await;
    citizen.hears("personal_message", sent.seq).await;
    citizen.say("bí mật của riêng tôi").await;
    let asked = citizen.say("xóa dữ liệu của tôi").await;
    assert!(words(&citizen.reply(&asked).await).contains("Bạn có chắc không"));
    let kept = citizen.tap("keep").await;
    assert!(words(&citizen.reply(&kept).await).contains("giữ nguyên"));
    citizen.say("xóa dữ liệu của tôi").await;
    let sure = citizen.tap("erase").await;
    let done = citizen.hears("erase_done", sure.seq).await;
    assert_eq!(done["receipt"].as_str().map(str::len), Some(10), "{done}");
    let log = citizen.events(0).await;
    assert!(!json!(log).to_string().contains("bí mật"), "{log:#?}");
    let erased = log.iter().filter(|event| event["kind"] == "erased").count();
    assert!(erased > 5 && log[0]["kind"] == "started", "{log:#?}");
    // The conversation goes on, and proves nothing any more.
    let sent = citizen.tap("look:card").await;
    assert!(citizen.reply(&sent).await["message"]["choices"].to_string().contains("\"verify\""));
}

async fn another_key_is_taken_over_and_accesses_are_listed(service: Service) {
    const NEW: (&str, &str) = ("HOTRO_KEY", "0ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba115");
    const OLD: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");
    let citizen = service.verified(1).await;
    let sent = citizen.tap("look:card").await;
    citizen.hears("personal_message", sent.seq).await;
    let Service { mut server, sms } = service;
    server.stop();
    let folder = tempfile::TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("new.key"), NEW.1).expect("the key is written");
    let url = server.database_url();
    let run = async |arguments: Vec<String>, key: (&'static str, &'static str), stdin: &'static str| {
        let folder = folder.path().to_owned();
        tokio::task::spawn_blocking(move || harness::server::run_with(&folder, &arguments, &[key], stdin.as_bytes()).expect("it runs"))
            .await
            .expect("it ends")
    };
    let arguments =
        |words: &[&str]| words.iter().map(ToString::to_string).chain(["--database".to_owned(), url.clone()]).collect::<Vec<_>>();
    let audit = run(arguments(&["audit", "--code"]), OLD, "0012345678\n").await;
    assert!(
        audit.stdout.contains("\tcitizen\tcard\t") && audit.stdout.contains(&citizen.id) && !audit.stdout.contains(CODE),
        "{}",
        audit.stdout
    );
    let rotated = run(arguments(&["key", "rotate", "--new-key-file", "new.key"]), OLD, "").await;
    assert_eq!(rotated.code, Some(0), "{}", rotated.stderr);
    assert!(rotated.stdout.contains("1 verifications were ended"), "{}", rotated.stdout);
    let refused = run(arguments(&["audit"]), OLD, "").await;
    assert!(refused.stderr.contains("another key"), "{}", refused.stderr);
    // The same people are known by the new key, and by the same hashes.
    let again = run(arguments(&["audit", "--code"]), NEW, "0012345678\n").await;
    assert_eq!(again.stdout, audit.stdout);
    let served = Options::new().variable(NEW.0, NEW.1).database(&url).sms(&sms).start().await;
    let after = Service { server: served, sms };
    let citizen = after.verified(2).await;
    let sent = citizen.tap("look:card").await;
    assert!(words(&citizen.hears("personal_message", sent.seq).await).contains("Trạm y tế Thử Nghiệm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrongly_is_explained_and_counts_nothing() {
    let service = Service::start(Options::new()).await;
    let citizen = service.server.citizen().await;
    let session = service.form(&citizen).await;
    for (identifier, birth, want) in [
        ("", BIRTH, "identifier"),
        ("001234567", BIRTH, "identifier"),
        ("00123456789", BIRTH, "identifier"),
        ("00123A5678", BIRTH, "identifier"),
        (CODE, "31/02/1990", "birth"),
        (CODE, "01/01/2999", "birth"),
        (CODE, "mùng năm", "birth"),
        (CODE, "", "birth"),
    ] {
        assert_eq!(code_of(service.begin(&session, identifier, birth).await).await, (StatusCode::BAD_REQUEST, want.to_owned()));
    }
    let agreed = service.post("start", &session, json!({ "identifier": CODE, "birth": BIRTH })).await;
    assert_eq!(code_of(agreed).await.1, "consent");
    for body in [json!(null), json!([]), json!({ "consent": "yes" }), json!({ "consent": true, "identifier": 5 })] {
        assert_eq!(service.post("start", &session, body).await.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        service.begin(&session, "００１２３４５６７８", "０５/０３/１９９０").await.status(),
        StatusCode::ACCEPTED,
        "full-width digits are digits"
    );
    service.sms.otp(PHONE, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_it_is_the_first_answer_is_the_same() {
    let service = Service::start(Options::new()).await;
    let mut answers = Vec::new();
    // Unknown, a wrong date, no telephone on record, and the right one.
    for (identifier, birth) in
        [("0099999999", BIRTH), (CODE, "06/03/1990"), (PEOPLE[2].code, "01/07/2001"), (CODE, BIRTH), (PEOPLE[0].citizen_id, BIRTH)]
    {
        let citizen = service.server.citizen().await;
        let session = service.form(&citizen).await;
        let response = service.begin(&session, identifier, birth).await;
        let mut headers = response.headers().clone();
        headers.remove("date");
        let status = response.status();
        let mut body: Value = response.json().await.expect("JSON");
        body["otp_expires_in_s"] = json!(0);
        let wrong = service.post("check", &session, json!({ "otp": "123456" })).await;
        let early = service.post("resend", &session, json!({})).await;
        let (wrong, early) = (code_of(wrong).await, code_of(early).await);
        let wrong = (wrong.0, wrong.1);
        answers.push(format!("{status} {headers:?} {body} {wrong:?} {early:?}"));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    service.sms.otp(PHONE, 2).await;
    assert_eq!(service.sms.sent().len(), 2, "only who was named rightly gets a text");
}
