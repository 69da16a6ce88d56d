//! A bad network between two programs: it delays, cuts, or goes silent without a word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

const PIECE_BYTES: usize = 16 * 1024;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Passes everything on.
    Fair,
    /// Passes everything on so much later.
    Slow(Duration),
    /// Ends every connection, those that are begun as well.
    Cut,
    /// Connections stay open and nothing arrives any more, until the weather is another. What was sent meanwhile is lost with its
    /// connection: a half-open connection never comes back.
    Silent,
}

/// A proxy on a free loopback port. It ends when this is dropped.
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    cut_in_use: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Before the server at this address.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn before(upstream: SocketAddr) -> Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("looking for a free port")?;
        let address = listener.local_addr()?;
        let weather = watch::Sender::new(Weather::Fair);
        let cut_in_use = Arc::new(AtomicUsize::new(0));
        let (changes, cuts) = (weather.clone(), Arc::clone(&cut_in_use));
        let task = tokio::spawn(async move {
            loop {
                // Out of descriptors, say: the next may be lucky again.
                let Ok((client, _)) = listener.accept().await else { continue };
                tokio::spawn(pass(client, upstream, changes.subscribe(), Arc::clone(&cuts)));
            }
        });
        Ok(Proxy { address, weather, cut_in_use, task })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for connections that are open as well.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Connections that were ended while they were open: what was under way on each may have been done, and nobody was told.
    pub fn cut_in_use(&self) -> usize {
        self.cut_in_use.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, upstream: SocketAddr, mut weather: watch::Receiver<Weather>, cuts: Arc<AtomicUsize>) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    // Small messages go at once, as they would without a proxy.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pump(from_client, to_server, weather.clone());
    let down = pump(from_server, to_client, weather.clone());
    let (mut up, mut down) = (std::pin::pin!(up), std::pin::pin!(down));
    loop {
        let now = *weather.borrow_and_update();
        match now {
            Weather::Cut => break,
            Weather::Silent => {
                // Both ends keep a connection that leads nowhere.
                let _ = weather.wait_for(|weather| *weather != Weather::Silent).await;
                break;
            }
            Weather::Fair | Weather::Slow(_) => tokio::select! {
                _ = &mut up => return,
                _ = &mut down => return,
                changed = weather.changed() => if changed.is_err() { return },
            },
        }
    }
    cuts.fetch_add(1, Ordering::Relaxed);
}

/// One direction. What comes in slow weather waits on its own way, as behind a long line: pieces keep their order.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, weather: watch::Receiver<Weather>) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let now = *weather.borrow();
        if let Weather::Slow(delay) = now {
            sleep(delay).await;
        }
        to.write_all(&piece[..read]).await?;
    }
}
