//! The agency's own systems as far as the program talks to them: a web server that takes webhook calls, and a mail server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What should happen has happened by then, on a busy machine as well.
const PATIENCE: Duration = Duration::from_secs(30);

/// A webhook call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as sent.
    pub body: String,
}

impl Call {
    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// A header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Default)]
struct World {
    calls: Vec<Call>,
    mails: Vec<String>,
    refusals_left: usize,
}

struct Shared {
    world: Mutex<World>,
    changed: watch::Sender<()>,
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let done = change(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
        done
    }
}

/// Both servers. They stop when this is dropped.
pub struct Agency {
    shared: Arc<Shared>,
    /// Where webhook calls are taken.
    pub webhook_url: String,
    /// Where mail is taken, without encryption.
    pub smtp_url: String,
    tasks: [JoinHandle<()>; 2],
}

impl Agency {
    /// Starts both on free loopback ports.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start() -> Result<Agency> {
        let shared = Arc::new(Shared { world: Mutex::default(), changed: watch::Sender::new(()) });
        let listener = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let webhook_url = format!("http://{}/hook", listener.local_addr()?);
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&shared));
        let web = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let mailbox = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let smtp_url = format!("smtp://{}", mailbox.local_addr()?);
        let to = Arc::clone(&shared);
        let mail = tokio::spawn(async move {
            while let Ok((stream, _)) = mailbox.accept().await {
                tokio::spawn(receive(stream, Arc::clone(&to)));
            }
        });
        Ok(Agency { shared, webhook_url, smtp_url, tasks: [web, mail] })
    }

    /// The next so many calls and mails are refused for the time being.
    pub fn refuses(&self, count: usize) {
        self.shared.change(|world| world.refusals_left = count);
    }

    /// The calls that were taken, once there are so many.
    ///
    /// # Panics
    /// They do not come in time.
    pub async fn calls(&self, count: usize) -> Vec<Call> {
        self.until(|world| (world.calls.len() >= count).then(|| world.calls.clone())).await
    }

    /// The mails that were taken, as sent, once there are so many.
    ///
    /// # Panics
    /// They do not come in time.
    pub async fn mails(&self, count: usize) -> Vec<String> {
        self.until(|world| (world.mails.len() >= count).then(|| world.mails.clone())).await
    }

    async fn until<T>(&self, found: impl Fn(&World) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        let waiting = async {
            loop {
                let now = found(&self.shared.world.lock().unwrap_or_else(PoisonError::into_inner));
                match now {
                    Some(found) => return found,
                    None => changed.changed().await.expect("the agency is there"),
                }
            }
        };
        timeout(PATIENCE, waiting).await.expect("the agency is told in time")
    }
}

impl Drop for Agency {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> StatusCode {
    shared.change(|world| {
        if world.refusals_left > 0 {
            world.refusals_left -= 1;
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        world.calls.push(Call { headers, body });
        StatusCode::NO_CONTENT
    })
}

/// One SMTP session (RFC 5321), as far as a client that only delivers needs it.
async fn receive(stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.agency.example ESMTP\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer: &[u8] = match command.as_str() {
            "EHLO" | "HELO" => b"250 mail.agency.example\r\n",
            "MAIL" if shared.change(|world| std::mem::replace(&mut world.refusals_left, 0)) > 0 => b"451 later\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push('\n');
                }
                shared.change(|world| world.mails.push(mail));
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
    Some(())
}
