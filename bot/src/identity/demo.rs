//! Invented people to try hotro with.
//!
//! Their numbers belong to nobody. Codes begin with 00 and citizen IDs with 000: provinces are numbered from 01 and 001. Telephone numbers
//! begin with 04, which no network has had since 2017.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use zeroize::Zeroizing;

use super::code::{CitizenId, SocialInsuranceCode};
use super::local::{PersonBody, citizen_hash, content_hash, kind, person_hash, person_place, record_hash, record_place};
use super::record::{Benefit, BenefitKind, Card, Contribution, Dependant, Dossier, DossierStatus, Kind, Month, PaymentStatus, Visit};
use crate::secret::Key;
use crate::store::{PersonRow, RecordRow, Store, StoreError};

/// An invented person.
#[derive(Debug, Clone, Copy)]
pub struct DemoPerson {
    /// Their code.
    pub code: &'static str,
    /// Their citizen ID.
    pub citizen_id: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Their day of birth.
    pub birth: Date,
    /// Their telephone; `None`: none is registered.
    pub phone: Option<&'static str>,
    /// What there is to see.
    pub about: &'static str,
}

/// All of them.
pub const PEOPLE: [DemoPerson; 3] = [
    DemoPerson {
        code: "0012345678",
        citizen_id: "000190012345",
        name: "Nguyễn Thị Mẫu",
        birth: date(1990, 3, 5),
        phone: Some("0412345678"),
        about: "hơn 13 năm đóng, có một khoảng hở, hồ sơ thai sản đang giải quyết, thẻ BHYT sắp hết hạn, hai con",
    },
    DemoPerson {
        code: "0023456789",
        citizen_id: "000175023456",
        name: "Trần Văn Thử",
        birth: date(1964, 11, 20),
        phone: Some("0423456789"),
        about: "đang nhận lương hưu, thẻ BHYT còn hạn, có lượt khám",
    },
    DemoPerson {
        code: "0034567890",
        citizen_id: "000201034567",
        name: "Lê Minh Giả",
        birth: date(2001, 7, 1),
        phone: None,
        about: "chưa đăng ký số điện thoại: không nhận được mã",
    },
];

/// Puts the invented people into the tables, as of a day. Again changes nothing but what the day changes.
///
/// # Errors
/// The database fails.
pub async fn install(store: &Store, key: &Key, today: Date, at_ms: i64) -> Result<(), StoreError> {
    let mut import = store.begin_import().await?;
    let rows: Vec<PersonRow> = PEOPLE.iter().filter_map(|person| person_row(key, person)).collect();
    import.persons(&rows, at_ms).await?;
    let facts: Vec<RecordRow> = PEOPLE.iter().flat_map(|person| facts(key, person, today)).collect();
    import.records(&facts, at_ms).await?;
    import.commit().await
}

fn person_row(key: &Key, person: &DemoPerson) -> Option<PersonRow> {
    let code = SocialInsuranceCode::parse(person.code).ok()?;
    let id = CitizenId::parse(person.citizen_id).ok()?;
    let body = PersonBody {
        code: person.code.to_owned(),
        citizen_id: Some(person.citizen_id.to_owned()),
        name: person.name.to_owned(),
        birth: person.birth,
        phone: person.phone.map(str::to_owned),
    };
    let person_hash = person_hash(key, &code);
    let body = Zeroizing::new(serde_json::to_vec(&body).ok()?);
    let place = person_place(&person_hash);
    let (sealed, content_hash) = (key.seal(&place, &body), content_hash(key, &place, &body));
    Some(PersonRow { citizen_hash: Some(citizen_hash(key, &id)), sealed, content_hash, demo: 1, person_hash })
}

/// Facts of one person in the making.
struct Facts<'a> {
    key: &'a Key,
    person_hash: String,
    rows: Vec<RecordRow>,
}

impl Facts<'_> {
    fn add(&mut self, kind: &'static str, name: &str, fact: &impl serde::Serialize) {
        let Ok(body) = serde_json::to_vec(fact) else { return };
        let hash = record_hash(self.key, kind, &format!("demo/{name}"));
        let place = record_place(&self.person_hash, kind, &hash);
        let (sealed, content_hash) = (self.key.seal(&place, &body), content_hash(self.key, &place, &body));
        self.rows.push(RecordRow { person_hash: self.person_hash.clone(), kind, record_hash: hash, sealed, content_hash });
    }

    fn work(&mut self, name: &str, kinds: &[Kind], (from, to): (Month, Month), employer: &str, job: &str, salary_dong: i64) {
        for kind in kinds {
            let (employer, job) = (employer.to_owned(), job.to_owned());
            let period = Contribution { kind: *kind, from, to, employer, job, salary_dong };
            self.add(kind::CONTRIBUTION, &format!("{name}/{kind:?}"), &period);
        }
    }
}

fn before(today: Date, span: Span) -> Date {
    today.checked_sub(span).unwrap_or(today)
}

fn facts(key: &Key, person: &DemoPerson, today: Date) -> Vec<RecordRow> {
    let Ok(code) = SocialInsuranceCode::parse(person.code) else { return Vec::new() };
    let mut facts = Facts { key, person_hash: person_hash(key, &code), rows: Vec::new() };
    let month = Month::of(today);
    match person.code {
        "0012345678" => young_mother(&mut facts, today, month),
        "0023456789" => pensioner(&mut facts, today, month),
        _ => {
            facts.work("a", &Kind::ALL, (month.plus(-20), month.plus(-1)), "Công ty Thử Nghiệm Ba", "nhân viên bán hàng", 6_000_000);
        }
    }
    facts.rows
}

fn young_mother(facts: &mut Facts<'_>, today: Date, month: Month) {
    let all = Kind::ALL;
    facts.work("a", &all, (month.plus(-176), month.plus(-96)), "Công ty May Thử Nghiệm Một", "công nhân may", 4_500_000);
    facts.work("b", &all, (month.plus(-83), month.plus(-40)), "Công ty May Thử Nghiệm Một", "tổ trưởng", 6_200_000);
    facts.work("c", &all, (month.plus(-39), month.plus(-1)), "Công ty Điện Tử Thử Nghiệm Hai", "kiểm hàng", 8_400_000);
    let sick = Benefit {
        kind: BenefitKind::Sickness,
        from: before(today, 200.days()),
        to: Some(before(today, 197.days())),
        amount_dong: 872_000,
        paid: Some(before(today, 180.days())),
        status: PaymentStatus::Paid,
    };
    facts.add(kind::BENEFIT, "sick", &sick);
    let maternity = Benefit {
        kind: BenefitKind::Maternity,
        from: before(today, 1_900.days()),
        to: Some(before(today, 1_720.days())),
        amount_dong: 37_200_000,
        paid: Some(before(today, 1_870.days())),
        status: PaymentStatus::Paid,
    };
    facts.add(kind::BENEFIT, "maternity", &maternity);
    let file = Dossier {
        code: "HS-THU-0001".to_owned(),
        procedure: "Hưởng chế độ thai sản".to_owned(),
        received: before(today, 3.days()),
        due: today.checked_add(2.days()).unwrap_or(today),
        status: DossierStatus::Processing,
        missing: None,
        payment: None,
    };
    facts.add(kind::DOSSIER, "one", &file);
    let more = Dossier {
        code: "HS-THU-0002".to_owned(),
        procedure: "Điều chỉnh thông tin sổ BHXH".to_owned(),
        received: before(today, 20.days()),
        due: before(today, 5.days()),
        status: DossierStatus::NeedsMore,
        missing: Some("bản chụp căn cước mới".to_owned()),
        payment: None,
    };
    facts.add(kind::DOSSIER, "two", &more);
    let card = Card {
        number: "DN4000012345678".to_owned(),
        from: before(today, 345.days()),
        to: today.checked_add(19.days()).unwrap_or(today),
        facility: "Trạm y tế Thử Nghiệm".to_owned(),
        benefit_code: 4,
        five_years: Some(before(today, 700.days())),
    };
    facts.add(kind::CARD, "card", &card);
    let visit = Visit {
        date: before(today, 61.days()),
        facility: "Bệnh viện Thử Nghiệm".to_owned(),
        level: "cấp cơ bản".to_owned(),
        covered_dong: 412_000,
        own_dong: 103_000,
    };
    facts.add(kind::VISIT, "visit", &visit);
    let child = |name: &str, days: i32, card: Option<Card>| Dependant { name: name.to_owned(), birth: before(today, days.days()), card };
    let of_child = Card {
        number: "TE1000099900001".to_owned(),
        from: before(today, 1_800.days()),
        to: today.checked_add(340.days()).unwrap_or(today),
        facility: "Trạm y tế Thử Nghiệm".to_owned(),
        benefit_code: 1,
        five_years: None,
    };
    facts.add(kind::DEPENDANT, "first", &child("Phạm Gia Thử", 1_850, Some(of_child)));
    facts.add(kind::DEPENDANT, "second", &child("Phạm Gia Mẫu", 40, None));
}

fn pensioner(facts: &mut Facts<'_>, today: Date, month: Month) {
    let retired = month.plus(-22);
    facts.work(
        "a",
        &[Kind::Bhxh, Kind::Bhyt],
        (retired.plus(-396), retired.plus(-210)),
        "Nhà máy Cơ Khí Thử Nghiệm",
        "thợ nguội",
        1_100_000,
    );
    facts.work("b", &Kind::ALL, (retired.plus(-209), retired.plus(-1)), "Nhà máy Cơ Khí Thử Nghiệm", "quản đốc", 9_800_000);
    for back in 0..8_i32 {
        let from = before(today.first_of_month(), Span::new().months(back));
        let paid = (back > 0).then(|| from.checked_add(4.days()).unwrap_or(from));
        let pension = Benefit {
            kind: BenefitKind::Pension,
            from,
            to: Some(from.last_of_month()),
            amount_dong: 7_350_000,
            paid,
            status: if back > 0 { PaymentStatus::Paid } else { PaymentStatus::Approved },
        };
        facts.add(kind::BENEFIT, &format!("pension/{back}"), &pension);
    }
    let card = Card {
        number: "HT2000023456789".to_owned(),
        from: before(today, 600.days()),
        to: today.checked_add(1_200.days()).unwrap_or(today),
        facility: "Bệnh viện Thử Nghiệm".to_owned(),
        benefit_code: 2,
        five_years: Some(before(today, 600.days())),
    };
    facts.add(kind::CARD, "card", &card);
    for (at, days) in [15, 64, 130].into_iter().enumerate() {
        let visit = Visit {
            date: before(today, Span::new().days(days)),
            facility: "Bệnh viện Thử Nghiệm".to_owned(),
            level: "cấp cơ bản".to_owned(),
            covered_dong: 950_000,
            own_dong: 50_000,
        };
        facts.add(kind::VISIT, &format!("visit/{at}"), &visit);
    }
}
