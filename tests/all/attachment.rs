//! Photos and files of citizens on their way to operators, and what other systems are told of the desk.

use std::collections::BTreeSet;
use std::io::Cursor;

use harness::agency::Agency;
use harness::citizen::Citizen;
use harness::console::Operator;
use harness::server::{Options, Server};
use harness::telegram::{TOKEN, Telegram};
use hmac::{Hmac, KeyInit, Mac};
use hotro::desk::account::Role;
use hotro::desk::attachment::ATTACHMENT_BYTES_MAX;
use hotro::store::Store;
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

const AN: i64 = 301;
const SECRET: &str = "a-secret-that-both-sides-know-0123456789";

on_both! {
    sqlite: super::Options::new(), postgres: super::Options::on_postgres().await;
    a_photo_reaches_the_operator_and_nobody_else
    what_is_no_photo_is_refused
    an_erased_conversation_has_no_photo
    a_photo_is_seen_under_another_key_of_the_installation
    files_of_telegram_reach_the_operator
    the_agency_is_told_of_handoffs_until_it_has_heard
    a_mailbox_is_told_who_waits_while_nobody_is_there
}

/// A photo with words in it that no picture needs.
fn photo() -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, 90]));
    DynamicImage::ImageRgb8(picture).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).expect("it is drawn");
    bytes.extend(b"taken in Hanoi by an invented person");
    bytes
}

async fn sends(citizen: &Citizen, client_id: Uuid, bytes: Vec<u8>) -> (StatusCode, Value) {
    let response = citizen.attach(client_id, bytes).await;
    (response.status(), response.json().await.unwrap_or(Value::Null))
}

async fn seen(operator: &Operator, event: &Value) -> (StatusCode, String, Vec<u8>) {
    let path = format!("/attachments/{}", event["attachment"].as_str().expect("an id"));
    let response = operator.request(Method::GET, &path).send().await.expect("an answer");
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    (response.status(), kind, response.bytes().await.expect("a body").to_vec())
}

async fn operator(server: &Server, name: &str, display_name: &str) -> Operator {
    Operator::join(server, name, display_name, Role::Operator).await
}

async fn claims(operator: &Operator, conversation: &str) -> harness::console::Claim {
    let waiting = operator.finds("waiting", "waiting", conversation).await;
    operator.claims(waiting["handoff_id"].as_str().expect("an id")).await
}

async fn a_photo_reaches_the_operator_and_nobody_else(options: Options) {
    let server = options.start().await;
    let (thu, nam) = (operator(&server, "thu", "Chị Thu").await, operator(&server, "nam", "Anh Nam").await);
    let mai = server.citizen().await;
    assert_eq!(sends(&mai, Uuid::now_v7(), photo()).await.1["error"]["code"], "no_handoff");

    mai.tap("operator").await;
    let once = Uuid::now_v7();
    let (status, first) = sends(&mai, once, photo()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(sends(&mai, once, photo()).await.1, first, "the same again is the same");
    let seq = first["seq"].as_u64().expect("a number");
    let event = mai.hears("citizen_attachment", seq - 1).await;
    assert_eq!((&event["media_type"], &event["seq"]), (&json!("image/jpeg"), &json!(seq)));
    let reply = mai.hears("bot_message", seq).await;
    assert!(reply["message"]["blocks"].to_string().contains("Tổng đài viên sẽ xem"), "{reply}");

    for one in [&thu, &nam] {
        one.is_present(None).await;
    }
    claims(&thu, &mai.id).await;
    let (status, kind, bytes) = seen(&thu, &event).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/jpeg"));
    assert!(image::load_from_memory(&bytes).is_ok() && !bytes.windows(5).any(|part| part == b"Hanoi"));
    assert_eq!(seen(&nam, &event).await.0, StatusCode::FORBIDDEN);
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    assert_eq!(seen(&truong, &event).await.0, StatusCode::OK);
    let acts = truong.get("/audit").await["acts"].to_string();
    assert_eq!(acts.matches("attachment_seen").count(), 2, "{acts}");

    // Silent now, and the photo arrives all the same.
    let (status, second) = sends(&mai, Uuid::now_v7(), b"%PDF-1.4 invented".to_vec()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let seq = second["seq"].as_u64().expect("a number");
    let file = mai.hears("citizen_attachment", seq - 1).await;
    assert!(mai.events(seq).await.is_empty());
    let pdf = thu.request(Method::GET, &format!("/attachments/{}", file["attachment"].as_str().expect("an id")));
    let pdf = pdf.send().await.expect("an answer");
    assert!(pdf.headers()["content-disposition"].to_str().expect("text").starts_with("attachment"));
    assert!(pdf.headers()["content-security-policy"].to_str().expect("text").contains("sandbox"));

    // After their time they are gone.
    let store = Store::open(&server.database_url()).await.expect("the database opens");
    assert_eq!(store.delete_attachments_before(i64::MAX).await.expect("they are deleted"), 2);
    store.close().await;
    assert_eq!(seen(&thu, &event).await.0, StatusCode::NOT_FOUND);
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

async fn what_is_no_photo_is_refused(options: Options) {
    let server = options.start().await;
    let mai = server.citizen().await;
    mai.tap("operator").await;
    let mut cut = photo();
    cut.truncate(200);
    let cases: [(&[u8], u16, &str); 5] = [
        (b"", 415, "attachment_kind"),
        (b"<html><script>alert(1)</script>", 415, "attachment_kind"),
        (b"MZ\x90\x00 named cccd.jpg", 415, "attachment_kind"),
        (&cut, 422, "attachment_broken"),
        (&vec![0xff; ATTACHMENT_BYTES_MAX + 1], 413, "attachment_too_large"),
    ];
    for (bytes, status, code) in cases {
        let refused = sends(&mai, Uuid::now_v7(), bytes.to_vec()).await;
        assert_eq!((refused.0.as_u16(), refused.1["error"]["code"].as_str()), (status, Some(code)));
    }
    assert!(!mai.events(0).await.iter().any(|event| event["kind"] == "citizen_attachment"));
    let stranger = server.citizen().await;
    let response = stranger.attach_to(&mai.id, Uuid::now_v7(), photo()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// Somebody who waits, and the event of the photo that they have sent.
async fn waits_with_photo(server: &Server) -> (Citizen, Value) {
    let citizen = server.citizen().await;
    citizen.tap("operator").await;
    let (status, sent) = sends(&citizen, Uuid::now_v7(), photo()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let event = citizen.hears("citizen_attachment", sent["seq"].as_u64().expect("a number") - 1).await;
    (citizen, event)
}

async fn an_erased_conversation_has_no_photo(options: Options) {
    let server = options.start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let (mai, photo) = waits_with_photo(&server).await;
    let (_binh, kept) = waits_with_photo(&server).await;
    assert_eq!(seen(&truong, &photo).await.0, StatusCode::OK);
    mai.say("xóa dữ liệu của tôi").await;
    let sure = mai.tap("erase").await;
    mai.hears("erase_done", sure.seq).await;
    assert_eq!(seen(&truong, &photo).await.0, StatusCode::NOT_FOUND);
    assert_eq!(seen(&truong, &kept).await.0, StatusCode::OK, "nobody else's");
}

async fn a_photo_is_seen_under_another_key_of_the_installation(options: Options) {
    const OLD: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";
    const NEW: &str = "0ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba110ddba115";
    let mut server = options.variable("HOTRO_KEY", OLD).start().await;
    let truong = Operator::join(&server, "truong-ca", "Trưởng ca", Role::Supervisor).await;
    let (_mai, photo) = waits_with_photo(&server).await;
    server.stop();
    let (url, folder) = (server.database_url(), tempfile::TempDir::new().expect("a folder"));
    std::fs::write(folder.path().join("new.key"), NEW).expect("the key is written");
    let arguments = ["key", "rotate", "--new-key-file", "new.key", "--database", &url].map(str::to_owned);
    let path = folder.path().to_owned();
    let rotated =
        tokio::task::spawn_blocking(move || harness::server::run_with(&path, &arguments, &[("HOTRO_KEY", OLD)], b"").expect("it runs"));
    let rotated = rotated.await.expect("it ends");
    assert_eq!(rotated.code, Some(0), "{}", rotated.stderr);
    let again = Options::new().variable("HOTRO_KEY", NEW).database(&url).start().await;
    let (status, kind, _) = seen(&truong.at(&again), &photo).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/jpeg"));
}

async fn files_of_telegram_reach_the_operator(options: Options) {
    let telegram = Telegram::start().await.expect("a Bot API");
    let server = options.variable("TELEGRAM_BOT_TOKEN", TOKEN).variable("HOTRO_TELEGRAM_API_URL", telegram.url()).start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let an = telegram.citizen(AN);
    let said = async |words: &'static str| {
        telegram.until(words, |world| world.sent_to(AN).any(|sent| sent.html.contains(words))).await;
    };
    an.says("/start");
    an.sends_picture(&photo(), None);
    said("không lưu ảnh này").await;

    an.says("/tongdai");
    said("tổng đài viên").await;
    an.sends_file(b"MZ\x90\x00");
    said("ảnh (JPEG, PNG, WebP) và tệp PDF").await;
    let waiting = thu.sees("An waits", |view| view["waiting_total"] == 1).await;
    let conversation = waiting["waiting"][0]["conversation_id"].as_str().expect("an id").to_owned();
    claims(&thu, &conversation).await;
    // An album is one input to the bot and two photos to the operator.
    an.sends_picture(&photo(), Some("album"));
    an.sends_picture(&photo(), Some("album"));
    let kept = harness::wait::until("both photos are kept", async || {
        let log = thu.get(&format!("/conversations/{conversation}/events?after=0")).await;
        let events = log["events"].as_array().cloned().unwrap_or_default();
        let kept: Vec<Value> = events.into_iter().filter(|event| event["kind"] == "citizen_attachment").collect();
        (kept.len() == 2).then_some(kept)
    })
    .await;
    for event in &kept {
        let (status, kind, bytes) = seen(&thu, event).await;
        assert_eq!((status, kind.as_str()), (StatusCode::OK, "image/jpeg"));
        assert!(!bytes.windows(5).any(|part| part == b"Hanoi"));
    }
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

async fn the_agency_is_told_of_handoffs_until_it_has_heard(options: Options) {
    let agency = Agency::start().await.expect("an agency");
    let options = options.variable("HOTRO_WEBHOOK_URL", &agency.webhook_url).variable("HOTRO_WEBHOOK_SECRET", SECRET);
    let mut server = options.start().await;
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    agency.refuses(1);
    let mai = server.citizen().await;
    mai.say("số sổ của tôi là bí mật").await;
    mai.tap("operator").await;
    let claim = claims(&thu, &mai.id).await;
    // What was not heard yet outlives the process.
    server.kill();
    let server = server.start_again().await;
    assert_eq!(thu.does("resolve", &claim, json!({ "reason": "answered" })).await.0, StatusCode::NO_CONTENT);

    // What the agency has heard and the database does not know of at the kill is told again.
    let calls = harness::wait::until("all three are told", async || {
        let calls = agency.calls(3).await;
        let seqs: BTreeSet<_> = calls.iter().map(|call| call.json()["seq"].as_u64()).collect();
        (seqs.len() >= 3).then_some(calls)
    })
    .await;
    let mut told: Vec<(u64, String)> = Vec::new();
    for call in &calls {
        let body = call.json();
        let mac: Hmac<Sha256> = Hmac::new_from_slice(SECRET.as_bytes()).expect("a key");
        let signed = mac.chain_update(format!("{}.{}", call.header("hotro-timestamp"), call.body)).finalize().into_bytes();
        let hex: String = signed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(call.header("hotro-signature"), format!("v1={hex}"));
        assert_eq!(
            (call.header("hotro-event"), &body["id"]),
            (body["event"].as_str().unwrap_or(""), &json!(call.header("hotro-delivery")))
        );
        assert_eq!((&body["conversation_id"], &body["channel"]), (&json!(mai.id), &json!("web")));
        assert!(!call.body.contains("bí mật"), "no words of citizens leave: {}", call.body);
        told.push((body["seq"].as_u64().expect("a number"), body["event"].as_str().expect("a name").to_owned()));
    }
    told.sort();
    told.dedup();
    assert_eq!(
        told.iter().map(|(_, event)| event.as_str()).collect::<Vec<_>>(),
        ["handoff.requested", "handoff.claimed", "handoff.resolved"]
    );
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

async fn a_mailbox_is_told_who_waits_while_nobody_is_there(options: Options) {
    let agency = Agency::start().await.expect("an agency");
    agency.refuses(1);
    let closed = r#"{ monday = [], tuesday = [], wednesday = [], thursday = [], friday = [], saturday = [], sunday = [] }"#;
    let server = options
        .variable("HOTRO_DESK_CALENDAR", closed)
        .variable("HOTRO_MAIL_SMTP_URL", &agency.smtp_url)
        .variable("HOTRO_MAIL_FROM", "hotro@agency.example")
        .variable("HOTRO_MAIL_TO", "Ca trực <ca-truc@agency.example>")
        .start()
        .await;
    let metrics = harness::citizen::http().get(server.url("/metrics")).send().await.expect("an answer").text().await.expect("text");
    assert!(metrics.contains("hotro_desk_open 0\n"), "{metrics}");
    let mai = server.citizen().await;
    mai.tap("operator").await;
    mai.tap("leave-message").await;
    mai.say("nhờ gọi lại giúp, sổ 0123456789 bị sai tên").await;
    let mail = agency.mails(1).await.remove(0);
    let body = decoded(&mail);
    assert!(mail.contains("To: ") && mail.contains("<ca-truc@agency.example>"), "{mail}");
    assert!(body.contains("bị sai tên") && !body.contains("0123456789"), "{body}");

    // Whoever is at the desk sees it there.
    let thu = operator(&server, "thu", "Chị Thu").await;
    thu.is_present(None).await;
    let binh = server.citizen().await;
    binh.tap("operator").await;
    binh.tap("leave-message").await;
    binh.say("tin thứ hai").await;
    thu.sees("both wait", |view| view["waiting_total"] == 2).await;
    let store = Store::open(&server.database_url()).await.expect("the database opens");
    harness::wait::until("nothing is left to be told", async || store.outgoing_due(i64::MAX, 10).await.ok().filter(Vec::is_empty)).await;
    store.close().await;
    assert_eq!(agency.mails(1).await.len(), 1);
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

/// The text of a mail whose body is quoted-printable or base64.
fn decoded(mail: &str) -> String {
    let (head, body) = mail.split_once("\n\n").expect("a head and a body");
    let bytes: Vec<u8> = if head.to_lowercase().contains("base64") {
        let digits = body.bytes().filter_map(|byte| match byte {
            b'A'..=b'Z' => Some(byte - b'A'),
            b'a'..=b'z' => Some(byte - b'a' + 26),
            b'0'..=b'9' => Some(byte - b'0' + 52),
            b'+' => Some(62),
            b'/' => Some(63),
            _ => None,
        });
        let bits: Vec<u8> = digits.flat_map(|digit| (0..6).rev().map(move |at| digit >> at & 1)).collect();
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
    } else {
        let mut bytes = Vec::new();
        let joined = body.replace("=\n", "");
        let mut rest = joined.as_str();
        while let Some((before, after)) = rest.split_once('=') {
            bytes.extend(before.bytes());
            let (digits, left) = after.split_at(after.len().min(2));
            bytes.extend(u8::from_str_radix(digits, 16).ok());
            rest = left;
        }
        bytes.extend(rest.bytes());
        bytes
    };
    String::from_utf8(bytes).expect("UTF-8")
}
