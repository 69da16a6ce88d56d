//! A server of feeds as they are met in the wild, on loopback.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use faq::{NewsId, NewsItem, Source, Span, Theme};
use futures::stream;
use jiff::ToSpan;
use jiff::civil::date;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How a path answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Status, headers, body.
    Whole(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The same bytes again and again, without an end.
    Endless(Vec<u8>),
    /// Headers, and then nothing for longer than anybody waits.
    Silent,
    /// 304 to whoever knows this ETag, the body to others.
    Tagged(&'static str, Vec<u8>),
}

impl Answer {
    /// A body with its content type.
    pub fn feed(content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::Whole(200, vec![("content-type", content_type.to_owned())], body.into())
    }

    /// Elsewhere.
    pub fn redirect(to: impl Into<String>) -> Answer {
        Answer::Whole(302, vec![("location", to.into())], Vec::new())
    }
}

#[derive(Default)]
struct Shared {
    answers: HashMap<String, Answer>,
    asked: HashMap<String, usize>,
}

type World = Arc<Mutex<Shared>>;

/// The server.
pub struct Feeds {
    world: World,
    base: String,
    server: JoinHandle<()>,
}

impl Feeds {
    /// Starts on a free loopback port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> Result<Feeds> {
        let world: World = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let base = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Feeds { world, base, server })
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// From here on a path answers so.
    pub fn serve(&self, path: &str, answer: Answer) {
        self.world().answers.insert(path.to_owned(), answer);
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.world().asked.get(path).copied().unwrap_or(0)
    }

    fn world(&self) -> MutexGuard<'_, Shared> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Years of feeds: titles of several words about the same matters, none of which is what a written item tells.
///
/// # Panics
/// Never: the days and ids are in order.
pub fn fetched(count: usize) -> Vec<Arc<NewsItem>> {
    let who = ["BHXH Hà Nội", "BHXH Đà Nẵng", "BHXH Cần Thơ", "BHXH Nghệ An", "BHXH Gia Lai", "Bộ Y tế", "BHXH Huế", "Bộ Nội vụ"];
    let did = [
        "tập huấn",
        "tổ chức hội nghị",
        "đẩy mạnh tuyên truyền",
        "đối thoại với người dân",
        "ký quy chế phối hợp",
        "trao tặng",
        "kiểm tra",
    ];
    let what = [
        ("chính sách hưu trí cho cán bộ xã", Theme::HuuTri),
        ("thẻ BHYT cho học sinh nghèo", Theme::Bhyt),
        ("chi trả lương hưu qua tài khoản", Theme::HuuTri),
        ("chế độ thai sản cho lao động nữ khu công nghiệp", Theme::ThaiSan),
        ("trợ cấp thất nghiệp tại trung tâm dịch vụ việc làm", Theme::Bhtn),
        ("cài đặt ứng dụng VssID tại phường", Theme::Vssid),
        ("sổ BHXH cho ngư dân", Theme::HuuTri),
        ("quỹ khám chữa bệnh BHYT", Theme::Bhyt),
        ("phát triển người tham gia BHXH tự nguyện", Theme::HuuTri),
    ];
    let item = |number: usize| {
        let (matter, theme) = what[number % what.len()];
        let title = format!("{} {} về {matter} đợt {}", who[number % who.len()], did[number % did.len()], number / 100);
        let published = date(2024, 1, 1).checked_add(((number * 7 % 1_050) as i64).days()).expect("a day");
        Arc::new(NewsItem {
            id: NewsId::parse(&format!("f-{number:016x}")).expect("an id"),
            summary: vec![Span::plain(format!("{title}. Sự kiện có nhiều đơn vị tham dự và lắng nghe ý kiến của người lao động."))],
            title,
            themes: vec![theme],
            published,
            effective_from: None,
            relevant_to: None,
            questions: Vec::new(),
            details: Vec::new(),
            basis: Vec::new(),
            reviewed: None,
            source: Source { name: "Báo".to_owned(), url: "https://bao.example/".to_owned() },
            video: None,
            topics: Vec::new(),
            changes: Vec::new(),
            pinned: false,
        })
    };
    (0..count).map(item).collect()
}

async fn answer(State(world): State<World>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let answer = {
        let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
        *world.asked.entry(path.clone()).or_default() += 1;
        world.answers.get(&path).cloned()
    };
    match answer {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Answer::Whole(status, headers, body)) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a response")
        }
        Some(Answer::Endless(piece)) => {
            let piece = Bytes::from(piece);
            Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(piece.clone()))).into_response()
        }
        Some(Answer::Silent) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Some(Answer::Tagged(tag, body)) => {
            let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known == tag);
            let body = if known { Vec::new() } else { body };
            let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            (status, [(header::ETAG, tag)], body).into_response()
        }
    }
}
