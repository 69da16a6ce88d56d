//! News to many followers through a Bot API of our own: how long it takes, whether the rate is kept, and who got it twice when the
//! program is killed in the middle.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use futures::{StreamExt, TryStreamExt, stream};
use harness::feeds::{Answer, Feeds};
use harness::followers::follow;
use harness::server::Options;
use harness::telegram::{Fault, TOKEN, Telegram};
use hotro::conversation::now_ms;
use hotro::store::Store;
use tokio::time::sleep;

const TITLE: &str = "Ra mắt cổng tra cứu Sao Mai";
const FIRST_CHAT: i64 = 1_000_000;
/// Every so many chats one is told to pause once.
const FLOOD_EVERY: usize = 500;
/// Conversations begun at once; the store takes no more than it can soon write.
const BEGIN_AT_ONCE: usize = 200;
/// Telegram's limit.
const MESSAGES_PER_S: usize = 30;
/// A second on this clock may begin a moment before or after the one that the sender counts.
const SLACK: usize = 2;

#[derive(Parser)]
struct Arguments {
    /// How many follow.
    #[arg(long, default_value_t = 20_000)]
    followers: usize,
    /// How often the program is killed.
    #[arg(long, default_value_t = 3)]
    kills: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let telegram = Telegram::start().await?;
    let feeds = Feeds::start().await?;
    feeds.serve("/a", Answer::feed("text/xml", "<rss version=\"2.0\"><channel><title>x</title></channel></rss>"));
    let list = format!("[{{ id = \"a\", name = \"Báo A\", url = \"{}\", approved = true, interval_s = 1 }}]", feeds.url("/a"));
    let options = Options::new()
        .variable("TELEGRAM_BOT_TOKEN", TOKEN)
        .variable("HOTRO_TELEGRAM_API_URL", telegram.url())
        .variable("HOTRO_NEWS_FEEDS", &list)
        .variable("HOTRO_NEWS_ALLOW_PRIVATE_NETWORKS", "true")
        .variable("HOTRO_NEWS_QUIET_FROM_H", "0")
        .variable("HOTRO_NEWS_QUIET_TO_H", "0");
    let mut server = options.start().await;
    let store = Store::open(&server.database_url()).await?;
    let begun = Instant::now();
    let chats: Vec<i64> = (FIRST_CHAT..).take(arguments.followers).collect();
    let begins = chats.iter().map(|&chat| follow(&store, chat, now_ms(), None));
    stream::iter(begins).buffer_unordered(BEGIN_AT_ONCE).try_collect::<()>().await?;
    println!("{} follow, after {:.1} s", chats.len(), begun.elapsed().as_secs_f64());
    for &chat in chats.iter().step_by(FLOOD_EVERY) {
        telegram.fail_sends(chat, [Fault::Flood(1)]);
    }

    let item = format!(
        "<item><title>{TITLE}</title><link>https://bao.example/sao-mai</link><description>Phục vụ từ hôm nay.</description></item>"
    );
    feeds.serve("/a", Answer::feed("text/xml", format!("<rss version=\"2.0\"><channel><title>x</title>{item}</channel></rss>")));
    let begun = Instant::now();
    let (mut kills, mut known, mut seconds, mut second) = (0, 0, Vec::new(), Instant::now());
    loop {
        sleep(Duration::from_millis(50)).await;
        let sent = telegram.look(|world| world.sent.len());
        if second.elapsed() >= Duration::from_secs(1) {
            seconds.push(sent - known);
            (known, second) = (sent, Instant::now());
        }
        if kills < arguments.kills && sent >= (kills + 1) * chats.len() / (arguments.kills + 1) {
            server.kill();
            server = server.start_again().await;
            kills += 1;
            println!("killed at {sent} messages, {:.1} s", begun.elapsed().as_secs_f64());
        }
        if sent >= chats.len() && store.news_broadcasts(i64::MIN, true).await?.is_empty() {
            break;
        }
    }
    // Whatever is told twice is on its way by now.
    sleep(Duration::from_secs(3)).await;
    let took = begun.elapsed();
    let mut counts: HashMap<i64, usize> = HashMap::new();
    telegram.look(|world| {
        world.sent.iter().filter(|sent| sent.html.contains(TITLE)).for_each(|sent| *counts.entry(sent.chat_id).or_default() += 1)
    });
    let missing = chats.iter().filter(|chat| !counts.contains_key(chat)).count();
    let twice: usize = counts.values().map(|count| count - 1).sum();
    let fastest = seconds.iter().copied().max().unwrap_or(0);
    println!(
        "{} followers, {kills} kills: {:.0} s, {:.1} messages/s, at most {fastest} in a second",
        chats.len(),
        took.as_secs_f64(),
        chats.len() as f64 / took.as_secs_f64()
    );
    println!("{missing} not told, {twice} told twice");
    ensure!(missing == 0 && twice <= kills, "everybody exactly once, but for the message in flight at each kill");
    ensure!(fastest <= MESSAGES_PER_S + SLACK, "faster than Telegram allows");
    Ok(())
}
