//! Accounts of the desk, on SQLite and on PostgreSQL: the rules with a clock of their own, the API as a router without a socket, and
//! once the built program.

use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures::future::join_all;
use harness::citizen::http;
use harness::postgres::Postgres;
use harness::server::{Options, run_with};
use hotro::channel::web::{Limits, LimitsConfig};
use hotro::conversation::{Token, now_ms};
use hotro::desk::account::{
    AccountError, Accounts, Actor, Change, INVITATION_TTL_MS, Password, PasswordRefusal, Permission, RECOVERY_CODES, Role, RosterError,
    SESSION_IDLE_MS_MAX, SESSION_MS_MAX, SecondFactor, SignIn, SignedIn, TotpSecret,
};
use hotro::desk::api::{self, Desk};
use hotro::secret::Key;
use hotro::store::{AuditRow, Store};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

const NOW_MS: i64 = 1_790_000_000_000;
const MINUTE_MS: i64 = 60_000;
const PASSWORD: &str = "một mật khẩu đủ dài";
const WRONG: &str = "một mật khẩu nào khác";
const NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const OWN: &str = "http://hotro.example";

/// An empty database.
struct Database {
    url: String,
    _folder: Option<TempDir>,
}

impl Database {
    fn sqlite() -> Database {
        let folder = TempDir::new().expect("a temporary folder");
        Database { url: format!("sqlite://{}", folder.path().join("hotro.db").display()), _folder: Some(folder) }
    }

    async fn postgres() -> Database {
        Database { url: Postgres::shared().database().await.expect("a database"), _folder: None }
    }

    async fn store(&self) -> Store {
        Store::open(&self.url).await.expect("the store opens")
    }

    async fn accounts(&self) -> Accounts {
        let key = Key::from_hex(&"5eed".repeat(16)).expect("a key");
        Accounts::new(self.store().await, key).expect("accounts")
    }
}

on_both! {
    sqlite: super::Database::sqlite(), postgres: super::Database::postgres().await;
    an_invitation_opens_once_within_three_days
    a_newer_invitation_replaces_the_older
    a_supervisor_must_have_a_second_factor
    a_code_works_once
    a_recovery_code_works_once
    an_unknown_name_looks_like_a_wrong_password
    a_lock_out_ends_and_grows_and_survives_a_restart
    attempts_made_at_once_are_all_counted
    a_network_that_tries_many_names_is_locked_out
    what_was_no_guess_is_not_counted
    a_session_ends_when_idle_and_after_a_shift
    one_signs_out_here_or_everywhere
    another_password_signs_out_the_other_browsers
    a_disabled_operator_is_out_at_once_until_invited_again
    a_raised_role_waits_for_its_second_factor
    nobody_changes_their_own_role
    the_audit_is_read_page_by_page
    a_database_belongs_to_one_key
    the_api_takes_an_operator_from_the_link_to_the_console
    a_forged_cookie_opens_nothing_and_is_audited
    a_write_from_elsewhere_is_refused_and_audited
    what_supervisors_do_is_refused_to_operators
    strange_requests_are_refused_in_the_apis_own_words
}

async fn invited(accounts: &Accounts, name: &str, role: Role) -> (Uuid, Token) {
    let (id, invitation) = accounts.roster().add(name, None, role, Actor::CommandLine, NOW_MS).await.expect("added");
    (id, invitation.token)
}

/// The secret of an authenticator app that has read the enrolment.
fn app(uri: &str) -> TotpSecret {
    let secret = uri.split_once("secret=").and_then(|(_, rest)| rest.split('&').next()).expect("a secret");
    let bits = secret.bytes().fold(String::new(), |bits, byte| {
        let value = if byte.is_ascii_digit() { byte - b'2' + 26 } else { byte - b'A' };
        format!("{bits}{value:05b}")
    });
    let bytes = bits.as_bytes().chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0')));
    TotpSecret::from_bytes(&bytes.collect::<Vec<u8>>()).expect("20 bytes")
}

/// An operator with a password, signed in.
async fn operator(accounts: &Accounts, name: &str) -> SignedIn {
    let (_, token) = invited(accounts, name, Role::Operator).await;
    let accepted = accounts.accept(&token, PASSWORD, None, NOW_MS).await.expect("accepted");
    who(accounts, &accepted.session, NOW_MS).await.expect("signed in")
}

/// A supervisor with password and second factor, signed in; the app; the recovery codes.
async fn supervisor(accounts: &Accounts, name: &str, now_ms: i64) -> (SignedIn, Token, TotpSecret, Vec<String>) {
    let (_, invitation) = accounts.roster().add(name, None, Role::Supervisor, Actor::CommandLine, now_ms).await.expect("added");
    let app = app(&accounts.begin_invited_factor(&invitation.token, now_ms).await.expect("begun").uri);
    let accepted = accounts.accept(&invitation.token, PASSWORD, Some(&app.code_at(now_ms)), now_ms).await.expect("accepted");
    let signed_in = who(accounts, &accepted.session, now_ms).await.expect("signed in");
    (signed_in, accepted.session, app, accepted.recovery_codes.iter().map(|code| code.reveal()).collect())
}

async fn who(accounts: &Accounts, session: &Token, now_ms: i64) -> Option<SignedIn> {
    accounts.signed_in(session, now_ms).await.expect("the database answers")
}

async fn sign_in(
    accounts: &Accounts,
    name: &str,
    password: &str,
    factor: Option<SecondFactor>,
    now_ms: i64,
) -> Result<Token, AccountError> {
    let password = Password::typed(password);
    accounts.sign_in(SignIn { name, password, second_factor: factor, network: NETWORK }, now_ms).await
}

fn totp(code: String) -> Option<SecondFactor> {
    Some(SecondFactor::Totp(code))
}

fn outcome<T>(done: Result<T, AccountError>) -> Result<(), AccountError> {
    done.map(drop)
}

async fn acts(accounts: &Accounts) -> Vec<AuditRow> {
    accounts.audit_page(None).await.expect("the audit")
}

/// How often an act with this word in its action or detail was remembered.
async fn remembered(accounts: &Accounts, action: &str, detail: &str) -> usize {
    acts(accounts).await.iter().filter(|act| act.action == action && act.detail.contains(detail)).count()
}

async fn an_invitation_opens_once_within_three_days(database: Database) {
    let accounts = database.accounts().await;
    let (_, token) = invited(&accounts, "ca-sang", Role::Operator).await;
    let at_end_ms = NOW_MS + INVITATION_TTL_MS;
    let (who, expires_ms) = accounts.invited(&token, at_end_ms - 1).await.expect("open");
    assert_eq!((who.name.as_str(), who.role, expires_ms), ("ca-sang", Role::Operator, at_end_ms));

    let closed = Err(AccountError::InvitationClosed);
    assert_eq!(outcome(accounts.invited(&token, at_end_ms).await), closed, "expired");
    assert_eq!(outcome(accounts.accept(&token, PASSWORD, None, at_end_ms).await), closed, "expired");
    assert_eq!(outcome(accounts.invited(&Token::random(), NOW_MS).await), closed, "unknown");
    // A password that is not taken does not use the invitation up.
    let short = accounts.accept(&token, "ngắn quá", None, NOW_MS).await;
    assert_eq!(outcome(short), Err(AccountError::Password(PasswordRefusal::TooShort)));

    let racing = join_all((0..4).map(|_| accounts.accept(&token, PASSWORD, None, NOW_MS))).await;
    assert_eq!(racing.iter().filter(|accepted| accepted.is_ok()).count(), 1);
    assert_eq!(outcome(accounts.accept(&token, WRONG, None, NOW_MS).await), closed, "used");
    sign_in(&accounts, "CA-SANG", PASSWORD, None, NOW_MS).await.expect("signs in");
}

async fn a_newer_invitation_replaces_the_older(database: Database) {
    let accounts = database.accounts().await;
    let (id, older) = invited(&accounts, "ca-sang", Role::Operator).await;
    let newer = accounts.roster().invite(id, Actor::CommandLine, NOW_MS).await.expect("invited").token;
    assert_eq!(outcome(accounts.accept(&older, PASSWORD, None, NOW_MS).await), Err(AccountError::InvitationClosed));
    accounts.accept(&newer, PASSWORD, None, NOW_MS).await.expect("accepted");
    let taken = accounts.roster().add("Ca-Sang", None, Role::Operator, Actor::CommandLine, NOW_MS).await;
    assert_eq!(taken.map(drop), Err(RosterError::NameTaken));
}

async fn a_supervisor_must_have_a_second_factor(database: Database) {
    let accounts = database.accounts().await;
    let (_, token) = invited(&accounts, "truong-ca", Role::Supervisor).await;
    let accept = async |code: Option<&str>| outcome(accounts.accept(&token, PASSWORD, code, NOW_MS).await);
    assert_eq!(accept(None).await, Err(AccountError::SecondFactorRequired));
    assert_eq!(accept(Some("000000")).await, Err(AccountError::WrongCode), "none was begun");

    // Whoever did not keep the picture begins again, and the first one is void.
    let first = app(&accounts.begin_invited_factor(&token, NOW_MS).await.expect("begun").uri);
    let app = app(&accounts.begin_invited_factor(&token, NOW_MS).await.expect("begun").uri);
    assert_eq!(accept(Some(&first.code_at(NOW_MS))).await, Err(AccountError::WrongCode));
    let accepted = accounts.accept(&token, PASSWORD, Some(&app.code_at(NOW_MS)), NOW_MS).await.expect("accepted");
    let codes: HashSet<String> = accepted.recovery_codes.iter().map(|code| code.reveal()).collect();
    assert_eq!(codes.len(), RECOVERY_CODES);

    let later_ms = NOW_MS + MINUTE_MS;
    assert_eq!(outcome(sign_in(&accounts, "truong-ca", PASSWORD, None, later_ms).await), Err(AccountError::SecondFactorNeeded));
    let wrong = sign_in(&accounts, "truong-ca", WRONG, totp(app.code_at(later_ms)), later_ms).await;
    assert_eq!(outcome(wrong), Err(AccountError::WrongCredentials));
    sign_in(&accounts, "truong-ca", PASSWORD, totp(app.code_at(later_ms)), later_ms).await.expect("signs in");
}

async fn a_code_works_once(database: Database) {
    let accounts = database.accounts().await;
    let (_, _, app, _) = supervisor(&accounts, "truong-ca", NOW_MS).await;
    let with = async |code: String, now_ms: i64| outcome(sign_in(&accounts, "truong-ca", PASSWORD, totp(code), now_ms).await);
    assert_eq!(with(app.code_at(NOW_MS), NOW_MS).await, Err(AccountError::WrongCode), "it confirmed the factor");
    let later_ms = NOW_MS + MINUTE_MS;
    let racing = join_all((0..3).map(|_| with(app.code_at(later_ms), later_ms))).await;
    assert_eq!(racing.iter().filter(|done| done.is_ok()).count(), 1, "{racing:?}");
    assert_eq!(with(app.code_at(later_ms - 30_000), later_ms).await, Err(AccountError::WrongCode), "an older one is over");
    assert_eq!(with(app.code_at(later_ms + 30_000), later_ms + 30_000).await, Ok(()));
    assert!(remembered(&accounts, "sign_in_failed", "replayed code").await >= 3);
}

async fn a_recovery_code_works_once(database: Database) {
    let accounts = database.accounts().await;
    let (_, _, _, codes) = supervisor(&accounts, "truong-ca", NOW_MS).await;
    let (other, ..) = supervisor(&accounts, "ca-dem", NOW_MS).await;
    let with = async |name: &str, code: &str| {
        outcome(sign_in(&accounts, name, PASSWORD, Some(SecondFactor::Recovery(code.to_owned())), NOW_MS).await)
    };
    assert_eq!(with("ca-dem", &codes[0]).await, Err(AccountError::WrongCode), "somebody else's");
    assert_eq!(with("truong-ca", &codes[0].to_uppercase()).await, Ok(()));
    assert_eq!(with("truong-ca", &codes[0]).await, Err(AccountError::WrongCode));
    assert_eq!(with("truong-ca", "abcd-efgh-ijkl-mnop").await, Err(AccountError::WrongCode));
    assert_eq!(with("truong-ca", &codes[1]).await, Ok(()));
    assert_eq!(accounts.recovery_codes_left(&other).await, Ok(10));
    assert_eq!(remembered(&accounts, "recovery_code_used", "").await, 2);
}

async fn an_unknown_name_looks_like_a_wrong_password(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    let tries = async |name: &str| {
        let mut said = Vec::new();
        for _ in 0..6 {
            said.push(outcome(sign_in(&accounts, name, WRONG, None, NOW_MS).await));
        }
        said
    };
    let known = tries("ca-sang").await;
    assert_eq!(known[0], Err(AccountError::WrongCredentials));
    assert_eq!(known[5], Err(AccountError::LockedOut { retry_after_s: 60 }));
    assert_eq!(tries("khong-co").await, known);
    assert_eq!(tries("không phải tên").await, known);
    // People type their password where the name belongs.
    let page = acts(&accounts).await;
    assert!(page.iter().all(|act| !format!("{act:?}").contains("khong-co")), "{page:?}");
}

async fn a_lock_out_ends_and_grows_and_survives_a_restart(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    for _ in 0..5 {
        assert_eq!(outcome(sign_in(&accounts, "ca-sang", WRONG, None, NOW_MS).await), Err(AccountError::WrongCredentials));
    }
    assert_eq!(remembered(&accounts, "locked_out", "192.0.2.7").await, 1);
    // The right password in another spelling of the name, after a restart: locked all the same.
    let accounts = database.accounts().await;
    let locked = |retry_after_s| Err(AccountError::LockedOut { retry_after_s });
    assert_eq!(outcome(sign_in(&accounts, " CA-Sang", PASSWORD, None, NOW_MS).await), locked(60));
    let end_ms = NOW_MS + MINUTE_MS;
    assert_eq!(outcome(sign_in(&accounts, "ca-sang", PASSWORD, None, end_ms - 1).await), locked(1));
    assert_eq!(outcome(sign_in(&accounts, "ca-sang", WRONG, None, end_ms).await), Err(AccountError::WrongCredentials));
    assert_eq!(outcome(sign_in(&accounts, "ca-sang", PASSWORD, None, end_ms).await), locked(120));
    sign_in(&accounts, "ca-sang", PASSWORD, None, end_ms + 2 * MINUTE_MS).await.expect("signs in");
    // And begins anew.
    let again = sign_in(&accounts, "ca-sang", WRONG, None, end_ms + 2 * MINUTE_MS).await;
    assert_eq!(outcome(again), Err(AccountError::WrongCredentials));
    sign_in(&accounts, "ca-sang", PASSWORD, None, end_ms + 2 * MINUTE_MS).await.expect("signs in");
}

async fn attempts_made_at_once_are_all_counted(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    let said = join_all((0..30).map(|_| sign_in(&accounts, "ca-sang", WRONG, None, NOW_MS))).await;
    let wrong = said.iter().filter(|said| matches!(said, Err(AccountError::WrongCredentials))).count();
    assert_eq!(wrong, 5, "{said:?}");
    let locked = said.iter().filter(|said| matches!(said, Err(AccountError::LockedOut { .. }))).count();
    assert_eq!(locked, 25, "{said:?}");
}

async fn a_network_that_tries_many_names_is_locked_out(database: Database) {
    let accounts = Arc::new(database.accounts().await);
    operator(&accounts, "ca-sang").await;
    let names: Vec<String> = (0..60).map(|n| format!("ten-{n}")).collect();
    for said in join_all(names.iter().map(|name| sign_in(&accounts, name, WRONG, None, NOW_MS))).await {
        assert_eq!(outcome(said), Err(AccountError::WrongCredentials));
    }
    let locked = Err(AccountError::LockedOut { retry_after_s: 60 });
    assert_eq!(outcome(sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await), locked);
    // Another network is not concerned.
    let network = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
    let attempt = SignIn { name: "ca-sang", password: Password::typed(PASSWORD), second_factor: None, network };
    accounts.sign_in(attempt, NOW_MS).await.expect("signs in");
    sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS + MINUTE_MS).await.expect("signs in");
}

async fn what_was_no_guess_is_not_counted(database: Database) {
    let accounts = database.accounts().await;
    let (_, _, app, _) = supervisor(&accounts, "truong-ca", NOW_MS).await;
    let later_ms = NOW_MS + MINUTE_MS;
    for _ in 0..8 {
        assert_eq!(outcome(sign_in(&accounts, "truong-ca", PASSWORD, None, later_ms).await), Err(AccountError::SecondFactorNeeded));
    }
    for _ in 0..5 {
        let guess = sign_in(&accounts, "truong-ca", PASSWORD, totp("00000x".to_owned()), later_ms).await;
        assert_eq!(outcome(guess), Err(AccountError::WrongCode));
    }
    let right = sign_in(&accounts, "truong-ca", PASSWORD, totp(app.code_at(later_ms)), later_ms).await;
    assert_eq!(outcome(right), Err(AccountError::LockedOut { retry_after_s: 60 }), "guessed codes are");
}

async fn a_session_ends_when_idle_and_after_a_shift(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    let idle = sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await.expect("signs in");
    assert!(who(&accounts, &idle, NOW_MS + SESSION_IDLE_MS_MAX - 1).await.is_some());
    let used_ms = NOW_MS + SESSION_IDLE_MS_MAX - 1;
    assert!(who(&accounts, &idle, used_ms + SESSION_IDLE_MS_MAX - 1).await.is_some(), "use keeps it open");
    assert!(who(&accounts, &idle, used_ms + 3 * SESSION_IDLE_MS_MAX).await.is_none());

    let busy = sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await.expect("signs in");
    let mut now = NOW_MS;
    while now + 10 * MINUTE_MS < NOW_MS + SESSION_MS_MAX {
        now += 10 * MINUTE_MS;
        assert!(who(&accounts, &busy, now).await.is_some(), "{now}");
    }
    assert!(who(&accounts, &busy, NOW_MS + SESSION_MS_MAX).await.is_none());
}

async fn one_signs_out_here_or_everywhere(database: Database) {
    let accounts = database.accounts().await;
    let first = operator(&accounts, "ca-sang").await;
    let other = operator(&accounts, "ca-dem").await;
    let open = async || sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await.expect("signs in");
    let (a, b) = (open().await, open().await);
    accounts.sign_out(&who(&accounts, &a, NOW_MS).await.expect("signed in"), NOW_MS).await.expect("signed out");
    assert!(who(&accounts, &a, NOW_MS).await.is_none());
    assert!(who(&accounts, &b, NOW_MS).await.is_some());
    accounts.sign_out_everywhere(&first, NOW_MS).await.expect("signed out");
    assert!(who(&accounts, &b, NOW_MS).await.is_none());
    // Each signs out their own browsers only.
    let session = sign_in(&accounts, "ca-dem", PASSWORD, None, NOW_MS).await.expect("signs in");
    accounts.sign_out_everywhere(&first, NOW_MS).await.expect("signed out");
    assert_eq!(who(&accounts, &session, NOW_MS).await.map(|who| who.operator), Some(other.operator));
}

async fn another_password_signs_out_the_other_browsers(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    let open = async || sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await.expect("signs in");
    let (here, elsewhere) = (open().await, open().await);
    let me = who(&accounts, &here, NOW_MS).await.expect("signed in");
    let change = async |current: &str, new: &str| accounts.change_password(&me, Password::typed(current), new, NOW_MS).await;
    assert_eq!(change(WRONG, "một mật khẩu mới tinh").await, Err(AccountError::WrongCredentials));
    assert_eq!(change(PASSWORD, "ngắn").await, Err(AccountError::Password(PasswordRefusal::TooShort)));
    assert_eq!(change(PASSWORD, "một mật khẩu mới tinh").await, Ok(()));
    assert!(who(&accounts, &here, NOW_MS).await.is_some());
    assert!(who(&accounts, &elsewhere, NOW_MS).await.is_none());
    assert_eq!(outcome(sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await), Err(AccountError::WrongCredentials));
    // A browser that was left open is no place to guess the password either.
    for _ in 0..4 {
        assert_eq!(change(WRONG, PASSWORD).await, Err(AccountError::WrongCredentials));
    }
    assert_eq!(change("một mật khẩu mới tinh", PASSWORD).await, Err(AccountError::LockedOut { retry_after_s: 60 }));
}

async fn a_disabled_operator_is_out_at_once_until_invited_again(database: Database) {
    let accounts = database.accounts().await;
    let (me, session, app, codes) = supervisor(&accounts, "truong-ca", NOW_MS).await;
    let id = me.operator.id;
    accounts.roster().disable(id, Actor::CommandLine, NOW_MS).await.expect("disabled");
    let later_ms = NOW_MS + MINUTE_MS;
    assert!(who(&accounts, &session, later_ms).await.is_none());
    let with_app = sign_in(&accounts, "truong-ca", PASSWORD, totp(app.code_at(later_ms)), later_ms).await;
    assert_eq!(outcome(with_app), Err(AccountError::WrongCredentials));

    let again = accounts.roster().invite(id, Actor::CommandLine, later_ms).await.expect("invited").token;
    assert_eq!(outcome(accounts.accept(&again, PASSWORD, None, later_ms).await), Err(AccountError::SecondFactorRequired));
    let app = self::app(&accounts.begin_invited_factor(&again, later_ms).await.expect("begun").uri);
    accounts.accept(&again, PASSWORD, Some(&app.code_at(later_ms)), later_ms).await.expect("accepted");
    let old = sign_in(&accounts, "truong-ca", PASSWORD, Some(SecondFactor::Recovery(codes[0].clone())), later_ms).await;
    assert_eq!(outcome(old), Err(AccountError::WrongCode), "the old recovery codes are gone");
}

async fn a_raised_role_waits_for_its_second_factor(database: Database) {
    let accounts = database.accounts().await;
    operator(&accounts, "ca-sang").await;
    let session = sign_in(&accounts, "ca-sang", PASSWORD, None, NOW_MS).await.expect("signs in");
    let now = async || who(&accounts, &session, NOW_MS).await.expect("signed in");
    let me = now().await;
    assert!(me.may(Permission::Converse) && !me.may(Permission::ReadAudit));
    let change = Change { role: Some(Role::Supervisor), skills: Some(vec!["bhyt".to_owned()]), capacity: Some(7), ..Change::default() };
    accounts.roster().change(me.operator.id, change, Actor::CommandLine, NOW_MS).await.expect("changed");
    let me = now().await;
    assert_eq!((me.operator.role, me.operator.capacity, me.operator.skills.as_slice()), (Role::Supervisor, 7, &["bhyt".to_owned()][..]));
    assert!(me.lacks_second_factor() && me.may(Permission::Converse) && !me.may(Permission::ReadAudit));

    let wrong = accounts.begin_factor(&me, Password::typed(WRONG), NOW_MS).await;
    assert_eq!(outcome(wrong), Err(AccountError::WrongCredentials));
    let app = app(&accounts.begin_factor(&me, Password::typed(PASSWORD), NOW_MS).await.expect("begun").uri);
    assert_eq!(outcome(accounts.confirm_factor(&me, "000000", NOW_MS - 3 * MINUTE_MS).await), Err(AccountError::WrongCode));
    let codes = accounts.confirm_factor(&me, &app.code_at(NOW_MS), NOW_MS).await.expect("confirmed");
    assert_eq!(codes.len(), RECOVERY_CODES);
    assert!(now().await.may(Permission::ReadAudit));
    assert_eq!(remembered(&accounts, "operator_changed", "supervisor").await, 1);
}

async fn nobody_changes_their_own_role(database: Database) {
    let accounts = database.accounts().await;
    let (me, ..) = supervisor(&accounts, "truong-ca", NOW_MS).await;
    let roster = accounts.roster();
    let (id, by) = (me.operator.id, me.actor());
    let lower = Change { role: Some(Role::Operator), ..Change::default() };
    assert_eq!(roster.change(id, lower.clone(), by, NOW_MS).await, Err(RosterError::OneSelf));
    assert_eq!(roster.disable(id, by, NOW_MS).await, Err(RosterError::OneSelf));
    assert_eq!(roster.change(Uuid::now_v7(), lower, by, NOW_MS).await, Err(RosterError::Unknown));
    let many = Change { capacity: Some(51), ..Change::default() };
    assert_eq!(roster.change(id, many, by, NOW_MS).await, Err(RosterError::Form("capacity")));
}

async fn the_audit_is_read_page_by_page(database: Database) {
    let accounts = database.accounts().await;
    let (id, _) = invited(&accounts, "ca-sang", Role::Operator).await;
    for n in 0..150 {
        accounts.roster().invite(id, Actor::CommandLine, NOW_MS + n / 2).await.expect("invited");
    }
    let first = acts(&accounts).await;
    let second = accounts.audit_page(first.last().map(|act| act.audit_id)).await.expect("the audit");
    assert_eq!((first.len(), second.len()), (100, 51));
    let all: Vec<&AuditRow> = first.iter().chain(&second).collect();
    assert!(all.windows(2).all(|pair| (pair[0].at_ms, pair[0].audit_id) > (pair[1].at_ms, pair[1].audit_id)), "newest first, each once");
    assert!(all.iter().all(|act| act.actor == "command line" && act.subject == Some(id.to_string())));
}

async fn a_database_belongs_to_one_key(database: Database) {
    let store = database.store().await;
    for (print, belongs) in [("first", true), ("second", false), ("first", true)] {
        assert_eq!(store.belongs_to_key(print).await, Ok(belongs), "{print}");
    }
}

/// The API without a socket, and a browser's part of it.
struct Console {
    accounts: Accounts,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    /// The cookie as a browser sends it back.
    fn cookie(&self) -> String {
        let line = self.headers[header::SET_COOKIE].to_str().expect("text");
        line.split(';').next().expect("a pair").to_owned()
    }

    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {} {}", self.status, self.body))
    }
}

impl Console {
    async fn on(database: &Database, public_origin: Option<&str>) -> Console {
        let limits = Limits::new(&LimitsConfig::default());
        let desk = Desk::new(database.accounts().await, limits, public_origin.map(str::to_owned));
        Console { accounts: database.accounts().await, router: api::router(desk).0 }
    }

    /// A request as a browser on this server's page sends it.
    fn request(method: Method, path: &str, cookie: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(format!("/api/desk{path}")).header(header::HOST, "hotro.example");
        let request = request.header(header::ORIGIN, OWN).header(header::CONTENT_TYPE, "application/json");
        request.header(header::COOKIE, cookie)
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let mut request = request;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(NETWORK, 1)));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        assert_eq!(parts.headers[header::CACHE_CONTROL], "no-store");
        Answer { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Console::request(Method::GET, path, cookie).body(Body::empty()).expect("a request")).await
    }

    async fn write(&self, method: Method, path: &str, cookie: &str, body: Value) -> Answer {
        self.send(Console::request(method, path, cookie).body(Body::from(body.to_string())).expect("a request")).await
    }

    async fn post(&self, path: &str, cookie: &str, body: Value) -> Answer {
        self.write(Method::POST, path, cookie, body).await
    }

    /// The cookies of an operator and of a supervisor.
    async fn staff(&self) -> (String, String) {
        let (_, invitation) =
            self.accounts.roster().add("ca-sang", None, Role::Operator, Actor::CommandLine, now_ms()).await.expect("added");
        let operator = self.accounts.accept(&invitation.token, PASSWORD, None, now_ms()).await.expect("accepted").session;
        let (_, supervisor, ..) = supervisor(&self.accounts, "truong-ca", now_ms()).await;
        (format!("hotro_desk={}", operator.reveal()), format!("a=b; hotro_desk={}", supervisor.reveal()))
    }
}

async fn the_api_takes_an_operator_from_the_link_to_the_console(database: Database) {
    let console = Console::on(&database, None).await;
    let (_, invitation) =
        console.accounts.roster().add("truong-ca", Some("Trưởng ca"), Role::Supervisor, Actor::CommandLine, now_ms()).await.expect("added");
    let token = json!({ "token": invitation.token.reveal() });
    let shown = console.post("/invitation", "", token.clone()).await;
    assert_eq!((shown.status, &shown.body["second_factor_required"]), (StatusCode::OK, &json!(true)), "{}", shown.body);
    let begun = console.post("/invitation/factor", "", token.clone()).await;
    assert!(begun.body["qr_svg"].as_str().is_some_and(|svg| svg.contains("<svg")), "{}", begun.body);
    let app = app(begun.body["uri"].as_str().expect("a URI"));

    // Taken once: half a minute later the app shows another, which would be right.
    let totp = app.code_at(now_ms());
    let accept = json!({ "token": invitation.token.reveal(), "password": PASSWORD, "totp": totp });
    let accepted = console.post("/invitation/accept", "", accept.clone()).await;
    assert_eq!(accepted.status, StatusCode::CREATED, "{}", accepted.body);
    let line = accepted.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(line.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "{line}");
    assert_eq!(console.post("/invitation/accept", "", accept).await.code(), "invitation_closed");
    assert_eq!(console.post("/invitation", "", token).await.code(), "invitation_closed");

    let cookie = accepted.cookie();
    let me = console.get("/session", &cookie).await.body;
    let want = json!({ "name": "truong-ca", "display_name": "Trưởng ca", "role": "supervisor", "skills": [], "capacity": 4,
        "second_factor": true, "second_factor_required": false, "recovery_codes_left": 10 });
    for (field, value) in want.as_object().expect("an object") {
        assert_eq!(&me[field], value, "{field}");
    }
    let code = accepted.body["recovery_codes"][0].as_str().expect("a code");
    let credentials = |more: Value| {
        let mut body = json!({ "name": "truong-ca", "password": PASSWORD });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        body
    };
    assert_eq!(console.post("/session", "", credentials(json!({}))).await.code(), "second_factor_needed");
    assert_eq!(console.post("/session", "", credentials(json!({ "totp": totp }))).await.code(), "wrong_code", "it is spent");
    let both = credentials(json!({ "totp": "1", "recovery": "1" }));
    assert_eq!(console.post("/session", "", both).await.code(), "bad_request");
    let again = console.post("/session", "", credentials(json!({ "recovery": code }))).await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);

    let out = console.write(Method::DELETE, "/session", &again.cookie(), Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().is_ok_and(|line| line.starts_with("hotro_desk=; ") && line.contains("Max-Age=0")));
    assert_eq!(console.get("/session", &again.cookie()).await.code(), "signed_out");
    assert_eq!(console.get("/session", &cookie).await.status, StatusCode::OK, "the other browser goes on");
    assert_eq!(console.post("/session/everywhere", &cookie, json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(console.get("/session", &cookie).await.code(), "signed_out");
}

async fn a_forged_cookie_opens_nothing_and_is_audited(database: Database) {
    let console = Console::on(&database, None).await;
    let (operator, _) = console.staff().await;
    let other_name = operator.replace("hotro_desk=", "other=");
    for cookie in ["", "hotro_desk", "hotro_desk=", "hotro_desk=' or '1'='1", &operator[..operator.len() - 1], &other_name] {
        let answer = console.get("/session", cookie).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "signed_out"), "{cookie}");
    }
    let random = format!("hotro_desk={}", Token::random().reveal());
    assert_eq!(console.post("/session/everywhere", &random, json!({})).await.code(), "signed_out");
    assert!(remembered(&console.accounts, "refused", r#""reason":"session""#).await >= 3);
    assert_eq!(console.get("/session", &operator).await.status, StatusCode::OK);

    // Of an https server only a cookie that no neighbour can set counts.
    let console = Console::on(&database, Some("https://hotro.example")).await;
    let host_cookie = operator.replace("hotro_desk=", "__Host-hotro_desk=");
    assert_eq!(console.get("/session", &operator).await.code(), "signed_out");
    assert_eq!(console.get("/session", &host_cookie).await.status, StatusCode::OK);
}

async fn a_write_from_elsewhere_is_refused_and_audited(database: Database) {
    let console = Console::on(&database, None).await;
    let (operator, _) = console.staff().await;
    let credentials = json!({ "name": "ca-sang", "password": PASSWORD }).to_string();
    let write = async |console: &Console, path: &str, origin: Option<&str>, content_type: Option<&str>| {
        let mut request = Console::request(Method::POST, path, &operator).body(Body::from(credentials.clone())).expect("a request");
        for (name, value) in [(header::ORIGIN, origin), (header::CONTENT_TYPE, content_type)] {
            match value {
                Some(value) => request.headers_mut().insert(name, value.parse().expect("a value")),
                None => request.headers_mut().remove(name),
            };
        }
        console.send(request).await
    };
    let json = Some("application/json");
    for origin in
        [None, Some("null"), Some("https://elsewhere.example"), Some("http://hotro.example.evil"), Some("http://hotro.example:8080")]
    {
        for path in ["/session", "/session/everywhere"] {
            let answer = write(&console, path, origin, json).await;
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden_origin"), "{path} {origin:?}");
            assert!(!answer.headers.contains_key(header::SET_COOKIE));
        }
    }
    assert_eq!(remembered(&console.accounts, "refused", r#""reason":"origin""#).await, 10);
    // What a form can send is no JSON, even from our own page.
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")] {
        assert_eq!(write(&console, "/session/everywhere", Some(OWN), content_type).await.code(), "not_json", "{content_type:?}");
    }
    assert_eq!(console.get("/session", &operator).await.status, StatusCode::OK, "nothing has happened");

    // The page's own scheme tells that the cookie must not travel unencrypted.
    let by_https = write(&console, "/session", Some("https://hotro.example"), Some("application/json; charset=utf-8")).await;
    assert!(by_https.headers[header::SET_COOKIE].to_str().is_ok_and(|line| line.starts_with("hotro_desk=") && line.ends_with("; Secure")));
    // A configured address is the only one that counts, whatever Host says.
    let console = Console::on(&database, Some("https://desk.example")).await;
    assert_eq!(write(&console, "/session", Some(OWN), json).await.code(), "forbidden_origin");
    let signed_in = write(&console, "/session", Some("https://desk.example"), json).await;
    let line = signed_in.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(
        line.starts_with("__Host-hotro_desk=") && line.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"),
        "{line}"
    );
}

async fn what_supervisors_do_is_refused_to_operators(database: Database) {
    let console = Console::on(&database, None).await;
    let (operator, supervisor) = console.staff().await;
    let me = console.get("/session", &operator).await.body["operator_id"].as_str().expect("an id").to_owned();
    let one = format!("/operators/{me}");
    let raise = json!({ "role": "supervisor" });
    let new = json!({ "name": "ca-dem", "role": "operator" });
    for (method, path, body) in [
        (Method::GET, "/audit", json!({})),
        (Method::GET, "/operators", json!({})),
        (Method::POST, "/operators", new.clone()),
        (Method::PATCH, &one, raise.clone()),
        (Method::POST, &format!("{one}/invitation"), json!({})),
        (Method::POST, &format!("{one}/disable"), json!({})),
    ] {
        let answer = console.write(method.clone(), path, &operator, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "role_refused"), "{method} {path}");
        assert_eq!(console.write(method.clone(), path, "", body).await.code(), "signed_out", "{method} {path}");
    }

    let added = console.post("/operators", &supervisor, new.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    assert_eq!(console.post("/operators", &supervisor, new).await.code(), "name_taken");
    assert_eq!(console.post("/invitation", "", json!({ "token": added.body["token"] })).await.body["name"], "ca-dem");
    let changed = console.write(Method::PATCH, &one, &supervisor, json!({ "skills": ["bhyt"], "role": "supervisor" })).await.body;
    assert_eq!((&changed["skills"], &changed["role"]), (&json!(["bhyt"]), &json!("supervisor")));
    // The role alone is not enough.
    assert_eq!(console.get("/audit", &operator).await.code(), "second_factor_required");
    assert_eq!(console.get("/session", &operator).await.body["second_factor_required"], true);
    let again = console.post(&format!("{one}/invitation"), &supervisor, json!({})).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(console.post(&format!("{one}/disable"), &supervisor, json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(console.get("/session", &operator).await.code(), "signed_out");
    let own = console.get("/session", &supervisor).await.body["operator_id"].as_str().expect("an id").to_owned();
    assert_eq!(console.post(&format!("/operators/{own}/disable"), &supervisor, json!({})).await.code(), "one_self");
    assert_eq!(console.post("/operators/x/disable", &supervisor, json!({})).await.code(), "not_found");
    assert_eq!(console.post(&format!("/operators/{}/disable", Uuid::now_v7()), &supervisor, json!({})).await.code(), "not_found");
    let listed = console.get("/operators", &supervisor).await.body;
    let standings: Vec<&str> = listed["operators"].as_array().expect("a list").iter().filter_map(|one| one["standing"].as_str()).collect();
    assert_eq!(standings, ["invited", "disabled", "active"], "ca-dem, ca-sang, truong-ca: {listed}");

    let page = console.get("/audit", &supervisor).await.body;
    let page = page["acts"].as_array().expect("a list");
    let refusals = page.iter().filter(|act| act["detail"]["reason"] == "role" && act["actor"] == me.as_str()).count();
    assert_eq!(refusals, 6);
    let oldest = page.last().expect("an act")["audit_id"].as_str().expect("an id");
    assert_eq!(console.get(&format!("/audit?before={oldest}"), &supervisor).await.body, json!({ "acts": [] }));
    assert_eq!(console.get("/audit?before=x", &supervisor).await.code(), "bad_request");
}

async fn strange_requests_are_refused_in_the_apis_own_words(database: Database) {
    let console = Console::on(&database, None).await;
    let raw = async |body: Vec<u8>| {
        console.send(Console::request(Method::POST, "/session", "").body(Body::from(body)).expect("a request")).await.code().to_owned()
    };
    assert_eq!(raw(b"{".to_vec()).await, "bad_json");
    assert_eq!(raw(b"[1]".to_vec()).await, "bad_json");
    assert_eq!(raw(br#"{"name":7,"password":"x"}"#.to_vec()).await, "bad_json");
    assert_eq!(raw(b"{\"name\":\"\xff\",\"password\":\"x\"}".to_vec()).await, "bad_json");
    assert_eq!(raw(vec![b'['; 10_000]).await, "bad_json");
    assert_eq!(raw(vec![b' '; 20_000]).await, "too_large");
    assert_eq!(console.post("/session", "", json!({ "name": "<script>", "password": "\u{0}" })).await.code(), "wrong_credentials");
    assert_eq!(
        console.post("/session", "", json!({ "name": "' or 1=1 --", "password": "x".repeat(9_000) })).await.code(),
        "wrong_credentials"
    );
    assert_eq!(console.write(Method::PUT, "/session", "", json!({})).await.code(), "method_not_allowed");
    let locked = async || console.post("/session", "", json!({ "name": "a", "password": "b" })).await;
    for _ in 0..5 {
        assert_eq!(locked().await.code(), "wrong_credentials");
    }
    let locked = locked().await;
    assert_eq!((locked.status, locked.code()), (StatusCode::TOO_MANY_REQUESTS, "locked_out"));
    let wait_s: u64 = locked.headers[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait_s), "{wait_s}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_the_log_or_the_database_file() {
    let mut server = Options::new().variable("HOTRO_LOG_FILTER", "debug").start().await;
    let data = server.data();
    let hotro = |arguments: &[&str]| {
        let data = data.display().to_string();
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--data", &data]).collect();
        run_with(&data_parent(&data), &arguments, &[], b"").expect("the program runs")
    };
    let added = hotro(&["operator", "add", "truong-ca", "--role", "supervisor"]);
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    let token = added.stdout.lines().next().and_then(|link| link.split_once("/console/invitation#")).expect("a link").1.to_owned();

    let post = async |path: &str, body: Value| {
        let request = http().post(server.url(&format!("/api/desk{path}"))).header("Origin", server.url("")).json(&body);
        request.send().await.expect("an answer")
    };
    let begun: Value = post("/invitation/factor", json!({ "token": token })).await.json().await.expect("JSON");
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    let app = app(begun["uri"].as_str().expect("a URI"));
    let accepted = post("/invitation/accept", json!({ "token": token, "password": PASSWORD, "totp": app.code_at(now_ms()) })).await;
    assert_eq!(accepted.status(), 201);
    let cookie = accepted.headers()["set-cookie"].to_str().expect("text").to_owned();
    let session = cookie.split(['=', ';']).nth(1).expect("a token").to_owned();
    let codes: Value = accepted.json().await.expect("JSON");
    let recovery = codes["recovery_codes"][0].as_str().expect("a code").to_owned();
    let signed_in = post("/session", json!({ "name": "truong-ca", "password": PASSWORD, "recovery": recovery })).await;
    assert_eq!(signed_in.status(), 204);
    assert_eq!(post("/session", json!({ "name": "sai-ten-roi", "password": WRONG })).await.status(), 401);

    let listed = hotro(&["operator", "list"]);
    let columns: Vec<&str> = listed.stdout.trim_end_matches('\n').split('\t').collect();
    assert_eq!(columns[..5], ["truong-ca", "supervisor", "active", "second factor", "truong-ca"]);
    assert!(columns.len() == 6 && columns[5].parse::<uuid::Uuid>().is_ok(), "the id: {columns:?}");
    assert_eq!(hotro(&["operator", "disable", "truong-ca"]).code, Some(0));
    let me = http().get(server.url("/api/desk/session")).header("Cookie", format!("hotro_desk={session}")).send().await.expect("an answer");
    assert_eq!(me.status(), 401);
    let refused = hotro(&["operator", "add", "truong-ca", "--role", "operator"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("there is an operator of that name"), "{}", refused.stderr);

    server.stop();
    let log = server.log();
    assert!(log.contains("stopping"), "the log is there: {log}");
    let files: Vec<Vec<u8>> =
        fs::read_dir(&data).expect("the data").map(|file| fs::read(file.expect("a file").path()).expect("its bytes")).collect();
    let raw_secret = String::from_utf8_lossy(app.as_bytes()).into_owned();
    let hex_secret: String = app.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    for secret in
        [PASSWORD, WRONG, "sai-ten-roi", &token, &secret, &session, &recovery, &recovery.replace('-', ""), &hex_secret, &raw_secret]
    {
        assert!(!log.contains(secret), "{secret} in the log");
        let in_a_file = files.iter().any(|file| file.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(!in_a_file, "{secret} in a file");
    }
}

fn data_parent(data: &str) -> std::path::PathBuf {
    std::path::Path::new(data).parent().expect("a folder").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_without_a_key_makes_one_and_says_so() {
    const WARNING: &str = "HOTRO_KEY IS NOT SET";
    let mut server = Options::default().start().await;
    assert!(server.data().join("hotro.key").exists());
    assert_eq!(server.log().matches(WARNING).count(), 1);
    server.stop();
    let mut server = server.start_again().await;
    assert_eq!(server.log().matches(WARNING).count(), 1, "not at every start");
    server.stop();
    // Another key than the one that the database was used with.
    let data = server.data().display().to_string();
    let other = "0123".repeat(16);
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    let said = run_with(&data_parent(&data), &arguments, &[("HOTRO_KEY", &other)], b"").expect("the program runs");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("this database was used with another key") && !said.stderr.contains(&other), "{}", said.stderr);
}

#[test]
fn the_audit_is_append_only() {
    let mut unread = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../bot/src/store")];
    while let Some(path) = unread.pop() {
        if path.is_dir() {
            unread.extend(fs::read_dir(path).expect("the store's sources").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source").to_lowercase();
        for statement in ["update audit", "delete from audit", "truncate table", "truncate audit"] {
            assert!(!source.contains(statement), "{statement} in {}", path.display());
        }
    }
}
