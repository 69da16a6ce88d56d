//! Verified lookups, as citizens use them: in the widget, on Telegram, and as those who are up to no good try them.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::citizen::Citizen;
use harness::server::{Options, Server};
use harness::sms::Sms;
use hotro::identity::demo::PEOPLE;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

mod browser;
mod hostile;
mod own_data;
mod records;
mod reveal;
mod secrets;
mod telegram;

/// The invented person with everything to see, and the date as people type it.
const CODE: &str = PEOPLE[0].code;
const BIRTH: &str = harness::forms::BIRTH;
const PHONE: &str = "0412345678";
/// People beside the demonstration's, one for each who needs one of their own.
const PEOPLE_IMPORTED: usize = 100;
/// In front of the shared servers, so that each form can come from a network of its own.
const PROXIES: (&str, &str) = ("HOTRO_LIMITS_TRUSTED_PROXIES", "127.0.0.1");

/// A server with the invented people, and the gateway of their telephones.
struct Service {
    server: Server,
    sms: Sms,
    people: AtomicUsize,
    networks: AtomicUsize,
}

/// An invented person whom nobody else uses: with contributions, a card and a dossier.
#[derive(Debug, Clone)]
struct Person {
    code: String,
    citizen_id: String,
    phone: String,
}

/// Outlives the tests, each of which has a runtime of its own: what answers the shared servers runs here.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn shared(service: impl Future<Output = Service> + Send + 'static) -> Service {
    // Whoever comes first may be within a runtime, which must not wait for another.
    std::thread::spawn(|| RUNTIME.block_on(service)).join().expect("it starts")
}

impl Service {
    async fn start(options: Options) -> Service {
        let sms = Sms::start().await.expect("a gateway");
        let mut server = options.sms(&sms).variable(PROXIES.0, PROXIES.1).start().await;
        server.invent_people().await;
        // Lookups are offered once somebody is known; a server looks at its start, and then from time to time.
        server.stop();
        Service::over(server.start_again().await, sms)
    }

    fn over(server: Server, sms: Sms) -> Service {
        Service { server, sms, people: AtomicUsize::new(0), networks: AtomicUsize::new(0) }
    }

    /// With many people, each with a record.
    async fn with_people(options: Options) -> Service {
        let service = Service::start(options).await;
        let (mut periods, mut cards) = ("code,kind,from,to,employer,job,salary\n".to_owned(), String::new());
        cards.push_str("code,number,from,to,facility,benefit_code,five_years\n");
        let mut dossiers = "code,dossier,procedure,received,due,status,missing,payment\n".to_owned();
        for code in (0..PEOPLE_IMPORTED).map(harness::forms::code) {
            for (kind, salary) in [("bhxh", 5_000_000), ("bhyt", 5_000_000)] {
                periods.push_str(&format!("{code},{kind},2012-01,2025-06,Công ty Thử Nghiệm Riêng,thợ may,{salary}\n"));
            }
            cards.push_str(&format!("{code},DN400{code},2026-01-01,2099-12-31,Trạm y tế Thử Nghiệm,4,\n"));
            dossiers.push_str(&format!("{code},HS-THU-0001,Hưởng chế độ thai sản,2026-01-02,2026-01-09,processing,,\n"));
        }
        let people = harness::forms::people(PEOPLE_IMPORTED);
        for (kind, text) in [("person", people), ("contribution", periods), ("card", cards), ("dossier", dossiers)] {
            service.server.import_records(kind, &text).await;
        }
        service
    }

    /// The one of all tests that need none of their own.
    fn shared() -> &'static Service {
        static SHARED: LazyLock<Service> = LazyLock::new(|| shared(Service::with_people(Options::new())));
        &SHARED
    }

    /// The same on PostgreSQL.
    fn shared_on_postgres() -> &'static Service {
        static SHARED: LazyLock<Service> = LazyLock::new(|| shared(async { Service::with_people(Options::on_postgres().await).await }));
        &SHARED
    }

    async fn on_postgres() -> Service {
        Service::start(Options::on_postgres().await).await
    }

    fn person(&self) -> Person {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        assert!(number < PEOPLE_IMPORTED, "more people are needed");
        Person { code: harness::forms::code(number), citizen_id: harness::forms::citizen_id(number), phone: harness::forms::phone(number) }
    }

    /// Opens the form of a conversation.
    async fn form(&self, citizen: &Citizen) -> String {
        let opened: Value = citizen.post("verification", &json!({})).await.json().await.expect("JSON");
        opened["session"].as_str().unwrap_or_else(|| panic!("a session in {opened}")).to_owned()
    }

    async fn post(&self, path: &str, session: &str, body: Value) -> Response {
        // Each from a network of its own: what a network may do has tests of its own.
        let network = harness::forms::network(self.networks.fetch_add(1, Ordering::Relaxed)).to_string();
        let request = harness::citizen::http().post(self.server.url(&format!("/api/verification/{path}"))).bearer_auth(session);
        request.header("X-Forwarded-For", network).json(&body).send().await.expect("the server answers")
    }

    async fn begin(&self, session: &str, identifier: &str, birth: &str) -> Response {
        self.post("start", session, json!({ "consent": true, "identifier": identifier, "birth": birth })).await
    }

    /// Somebody who is verified as the first of the invented people, by the `nth` password to that telephone.
    async fn verified(&self, nth: usize) -> Citizen {
        let citizen = self.server.citizen().await;
        self.verify(&citizen, CODE, PHONE, nth).await;
        citizen
    }

    /// Somebody who is verified as a person, by the first password to their telephone.
    async fn verified_as(&self, person: &Person) -> Citizen {
        let citizen = self.server.citizen().await;
        self.verify(&citizen, &person.code, &person.phone, 1).await;
        citizen
    }

    async fn verify(&self, citizen: &Citizen, code: &str, phone: &str, nth: usize) {
        self.verify_born(citizen, code, BIRTH, phone, nth).await;
    }

    async fn verify_born(&self, citizen: &Citizen, code: &str, birth: &str, phone: &str, nth: usize) {
        let session = self.form(citizen).await;
        assert_eq!(self.begin(&session, code, birth).await.status(), StatusCode::ACCEPTED);
        let otp = self.sms.otp(phone, nth).await;
        assert_eq!(self.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);
    }
}

async fn code_of(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

/// Whole seconds that are left are fewer when the server took longer: they are looked at here, and not compared.
fn take_out_seconds_left(body: &mut Value) {
    for (field, whole) in [("otp_expires_in_s", 300), ("resend_in_s", 60)] {
        assert!(body[field].as_i64().is_some_and(|left| (whole - 50..=whole).contains(&left)), "{field}: {body}");
        body[field] = json!(0);
    }
}

/// The words of a personal message, buttons left out.
fn words(message: &Value) -> String {
    message["message"]["blocks"].to_string()
}

on_both! {
    sqlite: super::Service::shared(), postgres: super::Service::shared_on_postgres();
    what_was_asked_is_shown_after_the_password
    a_calculation_takes_the_own_contributions
    signing_out_and_a_new_form_end_it
    a_password_belongs_to_its_form_and_is_tried_five_times
    whoever_it_is_the_first_answer_is_the_same
    what_is_typed_wrongly_is_explained_and_counts_nothing
}

async fn what_was_asked_is_shown_after_the_password(service: &Service) {
    let (citizen, person) = (service.server.citizen().await, service.person());
    let sent = citizen.say("tôi đóng được bao nhiêu năm rồi").await;
    let reply = citizen.reply(&sent).await;
    assert!(reply["message"]["choices"].to_string().contains("\"verify\""), "{reply}");
    let session = service.form(&citizen).await;
    let (begin, rest) = person.code.split_at(3);
    let started = service.begin(&session, &format!("{begin}.{} {}", &rest[..3], &rest[3..]), "5-3-1990").await;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    let otp = service.sms.otp(&person.phone, 1).await;
    assert_eq!(service.post("check", &session, json!({ "otp": otp })).await.status(), StatusCode::OK);

    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("13 năm 6 tháng"), "{shown}");
    let sent = citizen.say("thẻ bảo hiểm của tôi còn hạn không").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("Trạm y tế Thử Nghiệm"), "{shown}");
    let sent = citizen.tap("look:dossiers").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("HS-THU-0001"), "{shown}");
    let sent = citizen.say("mã số bhxh của tôi là gì").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains(&person.code), "{shown}");
    // The page to print has the same months.
    let summary: Value = citizen.post("summary", &json!({})).await.json().await.expect("JSON");
    assert_eq!(summary["code"], person.code.as_str());
    assert!(summary["periods"].as_array().is_some_and(|periods| periods.len() == 2), "{summary}");
}

/// The amount of a result: its first line.
fn headline(message: &Value) -> String {
    message["message"]["blocks"][0].to_string()
}

async fn a_calculation_takes_the_own_contributions(service: &Service) {
    // What comes of the same record when it is typed.
    let typed = service.server.citizen().await;
    let sent = typed.say("từ 1/2012 đến 6/2025 lương 5tr rút một lần được bao nhiêu").await;
    let by_hand = typed.reply(&sent).await;
    assert!(headline(&by_hand).contains("BHXH một lần khoảng"), "{by_hand}");

    // Whoever is asked for the months takes them from the record, and is asked who they are first.
    let (citizen, person) = (service.server.citizen().await, service.person());
    let sent = citizen.say("/tinh rút bảo hiểm một lần").await;
    let asked = citizen.reply(&sent).await;
    assert!(asked["message"]["choices"].to_string().contains("\"calc:own\""), "{asked}");
    let sent = citizen.tap("calc:own").await;
    let reply = citizen.reply(&sent).await;
    assert!(reply["message"]["choices"].to_string().contains("\"verify\""), "{reply}");
    service.verify(&citizen, &person.code, &person.phone, 1).await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert_eq!(headline(&shown), headline(&by_hand));
    assert!(shown["message"]["more"].to_string().contains("từ 01/2012 đến 06/2025"), "{shown}");

    // Another input is changed, and the record is read anew.
    citizen.tap("calc:ask:reason").await;
    let sent = citizen.tap("calc:set:reason:abroad").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("định cư"), "{shown}");
    // The record has no unemployment insurance: said so, and the months are asked for.
    citizen.tap("calc:own:unemployment").await;
    citizen.say("nghỉ ngày 30/9/2026").await;
    let sent = citizen.tap("calc:set:region:1").await;
    let shown = citizen.hears("personal_message", sent.seq).await;
    assert!(words(&shown).contains("chưa có tháng đóng BHTN nào"), "{shown}");
    let sent = citizen.tap("calc:ask:months").await;
    assert!(citizen.reply(&sent).await["message"]["blocks"].to_string().contains("đóng BHTN được bao lâu"));
}

async fn signing_out_and_a_new_form_end_it(service: &Service) {
    let citizen = service.verified_as(&service.person()).await;
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

    let again = service.verified_as(&service.person()).await;
    service.form(&again).await;
    let sent = again.tap("look:card").await;
    let reply = again.hears("bot_message", sent.seq).await;
    assert!(reply["message"]["choices"].to_string().contains("\"verify\""), "another form has ended it: {reply}");
    assert!(again.events(sent.seq).await.iter().all(|event| event["kind"] != "personal_message"));
}

async fn a_password_belongs_to_its_form_and_is_tried_five_times(service: &Service) {
    let (one, two, person) = (service.server.citizen().await, service.server.citizen().await, service.person());
    let (first, second) = (service.form(&one).await, service.form(&two).await);
    service.begin(&first, &person.code, BIRTH).await;
    let otp = service.sms.otp(&person.phone, 1).await;
    service.begin(&second, &person.code, BIRTH).await;
    let own = service.sms.otp(&person.phone, 2).await;
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
    // It proves nothing elsewhere, and opens no second session.
    assert_eq!(code_of(service.begin(&first, &person.code, BIRTH).await).await.1, "form_closed");
    service.form(&one).await;
    assert_eq!(code_of(service.post("check", &first, json!({ "otp": otp })).await).await.1, "form_closed", "a newer form has ended it");
}

/// What is said of a field that cannot be read.
async fn refused_field(service: &Service, session: &str, identifier: &str, birth: &str) -> (StatusCode, String, String) {
    let response = service.begin(session, identifier, birth).await;
    let status = response.status();
    let body: Value = response.json().await.expect("JSON");
    let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
    (status, text("code"), text("message"))
}

async fn what_is_typed_wrongly_is_explained_and_counts_nothing(service: &Service) {
    let (citizen, person) = (service.server.citizen().await, service.person());
    let session = service.form(&citizen).await;
    let code = person.code.as_str();
    for (identifier, birth, field, words) in [
        ("", BIRTH, "identifier", "Bạn nhập mã số BHXH"),
        ("005012345", BIRTH, "identifier", "mình thấy 9"),
        ("00501234567", BIRTH, "identifier", "mình thấy 11"),
        ("0050 12.345-67", BIRTH, "identifier", "mình thấy 11"),
        ("00123A5678", BIRTH, "identifier", "chỉ gồm chữ số"),
        ("OO12345678", BIRTH, "identifier", "chỉ gồm chữ số"),
        ("٠٠١٢٣٤٥٦٧٨", BIRTH, "identifier", "chỉ gồm chữ số"),
        ("00A190012345", BIRTH, "identifier", "chỉ gồm chữ số"),
        ("479DN0012345678", BIRTH, "identifier", "chỉ gồm chữ số"),
        ("DN47900123456X8", BIRTH, "identifier", "chỉ gồm chữ số"),
        (code, "31/02/1990", "birth", "Không có ngày này"),
        (code, "29/02/1999", "birth", "Không có ngày này"),
        (code, "00/13/1990", "birth", "Không có ngày này"),
        (code, "01/01/2999", "birth", "chưa đến"),
        (code, "01/01/1850", "birth", "xem lại năm sinh"),
        (code, "5/3/90", "birth", "đủ ngày, tháng, năm"),
        (code, "mùng năm", "birth", "đủ ngày, tháng, năm"),
        (code, "", "birth", "đủ ngày, tháng, năm"),
    ] {
        let (status, refused, said) = refused_field(service, &session, identifier, birth).await;
        assert_eq!((status, refused.as_str()), (StatusCode::BAD_REQUEST, field), "{identifier} {birth}");
        assert!(said.contains(words), "{identifier} {birth}: {said}");
        assert!(identifier.is_empty() || !said.contains(identifier), "what was typed is not repeated: {said}");
    }
    let agreed = service.post("start", &session, json!({ "identifier": code, "birth": BIRTH })).await;
    assert_eq!(code_of(agreed).await.1, "consent");
    for body in [json!(null), json!([]), json!({ "consent": "yes" }), json!({ "consent": true, "identifier": 5 })] {
        assert_eq!(service.post("start", &session, body).await.status(), StatusCode::BAD_REQUEST);
    }
    // None of it was an attempt: five are free, and this is the first.
    let full_width: String = code.chars().filter_map(|digit| char::from_u32(digit as u32 + 0xfee0)).collect();
    assert_eq!(
        service.begin(&session, &full_width, "０５/０３/１９９０").await.status(),
        StatusCode::ACCEPTED,
        "full-width digits are digits"
    );
    service.sms.otp(&person.phone, 1).await;
    for nth in 2..=5 {
        let session = service.form(&service.server.citizen().await).await;
        let spaced = format!(" {}.{} {} ", &code[..3], &code[3..6], &code[6..]);
        assert_eq!(service.begin(&session, &spaced, BIRTH).await.status(), StatusCode::ACCEPTED, "attempt {nth}");
    }
    let session = service.form(&service.server.citizen().await).await;
    assert_eq!(code_of(service.begin(&session, code, BIRTH).await).await.1, "locked");
}

async fn whoever_it_is_the_first_answer_is_the_same(service: &Service) {
    let person = service.person();
    let mut answers = Vec::new();
    let card = format!("DN479{}", person.code);
    // Unknown, a wrong date, no telephone on record, and the right one, said in three ways.
    for (identifier, birth) in [
        ("0099999999", BIRTH),
        (&person.code, "06/03/1990"),
        (PEOPLE[2].code, "01/07/2001"),
        (&person.code, BIRTH),
        (&person.citizen_id, BIRTH),
        (&card, BIRTH),
    ] {
        let citizen = service.server.citizen().await;
        let session = service.form(&citizen).await;
        let response = service.begin(&session, identifier, birth).await;
        let mut headers = response.headers().clone();
        headers.remove("date");
        assert!(headers.remove("x-request-id").is_some());
        let status = response.status();
        let mut body: Value = response.json().await.expect("JSON");
        take_out_seconds_left(&mut body);
        let wrong = service.post("check", &session, json!({ "otp": "123456" })).await;
        let early = service.post("resend", &session, json!({})).await;
        let (wrong, early) = (code_of(wrong).await, code_of(early).await);
        answers.push(format!("{status} {headers:?} {body} {wrong:?} {early:?}"));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    service.sms.otp(&person.phone, 3).await;
    let to_them = service.sms.sent().into_iter().filter(|(to, _)| *to == person.phone).count();
    assert_eq!(to_them, 3, "only who was named rightly gets a text");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_taken_over_and_accesses_are_listed_on_sqlite() {
    another_key_is_taken_over_and_accesses_are_listed(Service::start(Options::new()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_taken_over_and_accesses_are_listed_on_postgres() {
    another_key_is_taken_over_and_accesses_are_listed(Service::on_postgres().await).await;
}

async fn another_key_is_taken_over_and_accesses_are_listed(service: Service) {
    const NEW: (&str, &str) = ("HOTRO_KEY", "0ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba115");
    const OLD: (&str, &str) = ("HOTRO_KEY", "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed");
    let citizen = service.verified(1).await;
    let sent = citizen.tap("look:card").await;
    citizen.hears("personal_message", sent.seq).await;
    let Service { mut server, sms, .. } = service;
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
    // A node that went on would seal with a key that nobody has any more.
    let in_use = run(arguments(&["key", "rotate", "--new-key-file", "new.key"]), OLD, "").await;
    assert!(in_use.code == Some(1) && in_use.stderr.contains("is in use: stop every hotro"), "{in_use:?}");
    server.stop();
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
    let served = Options::new().variable(NEW.0, NEW.1).database(&url).sms(&sms).variable(PROXIES.0, PROXIES.1).start().await;
    let after = Service::over(served, sms);
    let citizen = after.verified(2).await;
    let sent = citizen.tap("look:card").await;
    assert!(words(&citizen.hears("personal_message", sent.seq).await).contains("Trạm y tế Thử Nghiệm"));
}
