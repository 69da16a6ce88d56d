//! News sent to who follows them on Telegram: once, whoever dies in the middle.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use harness::content::small_faq;
use harness::feeds::{Answer, Feeds};
use harness::followers::follow;
use harness::server::Options;
use harness::telegram::{Fault, Sent, TOKEN, Telegram};
use harness::wait::until;
use hotro::conversation::now_ms;
use hotro::store::Store;

/// Followers of the short run; `make broadcast` has many more.
const FOLLOWERS: i64 = 60;
const FIRST_CHAT: i64 = 5_000;
const TITLE: &str = "Ra mắt cổng tra cứu Sao Mai";

on_both! {
    sqlite: super::Options::new(), postgres: super::Options::on_postgres().await;
    who_follows_is_told_once_through_kills_floods_and_blocks
    a_digest_comes_when_it_is_due_with_all_that_is_new
}

fn options(database: Options, telegram: &Telegram, feeds: &Feeds) -> Options {
    let list = format!("[{{ id = \"a\", name = \"Báo A\", url = \"{}\", approved = true, interval_s = 1 }}]", feeds.url("/a"));
    database
        .variable("TELEGRAM_BOT_TOKEN", TOKEN)
        .variable("HOTRO_TELEGRAM_API_URL", telegram.url())
        .variable("HOTRO_NEWS_FEEDS", &list)
        .variable("HOTRO_NEWS_ALLOW_PRIVATE_NETWORKS", "true")
        .variable("HOTRO_NEWS_QUIET_FROM_H", "0")
        .variable("HOTRO_NEWS_QUIET_TO_H", "0")
}

async fn who_follows_is_told_once_through_kills_floods_and_blocks(database: Options) {
    let telegram = Telegram::start().await.unwrap();
    let feeds = Feeds::start().await.unwrap();
    feeds.serve("/a", Answer::feed("text/xml", "<rss version=\"2.0\"><channel><title>x</title></channel></rss>"));
    let mut server = options(database, &telegram, &feeds).start().await;
    let store = Store::open(&server.database_url()).await.unwrap();
    let chats: Vec<i64> = (FIRST_CHAT..FIRST_CHAT + FOLLOWERS).collect();
    for &chat in &chats {
        // Choices are their ids: no search is needed.
        telegram.citizen(chat).taps_choice("follow-as:now");
    }
    until("everybody follows", async || (store.news_follower_count().await.unwrap() == FOLLOWERS).then_some(())).await;
    let (blocks, flooded) = (chats[7], chats[11]);
    telegram.citizen(blocks).blocks_bot_unnoticed();
    telegram.fail_sends(flooded, [Fault::Flood(1), Fault::Flood(1)]);
    let item = format!(
        "<item><title>{TITLE} cho người dân</title><link>https://bao.example/sao-mai</link><description>Phục vụ từ hôm nay.</description></item>"
    );
    feeds.serve("/a", Answer::feed("text/xml", format!("<rss version=\"2.0\"><channel><title>x</title>{item}</channel></rss>")));

    // Chats, not messages: one that is told twice stands for no other.
    let told = || -> BTreeSet<i64> {
        let told = |sent: &&Sent| sent.html.contains(TITLE);
        telegram.look(|world| world.sent.iter().filter(told).map(|sent| sent.chat_id).collect())
    };
    let behind =
        async || -> BTreeSet<i64> { store.telegram_chats_behind(1_000).await.unwrap().into_iter().map(|chat| chat.chat_id).collect() };
    let mut open: Vec<i64> = Vec::new();
    for share in [5, 20, 40] {
        until("some were told, and the database knows it", async || {
            let told = told();
            (told.difference(&behind().await).count() >= share).then_some(())
        })
        .await;
        server.kill();
        let behind = behind().await;
        server = server.start_again().await;
        // What Telegram has and the database does not know of is sent again: how much that is depends on how fast the disk is.
        open.extend(told().intersection(&behind));
    }
    until("all others were told", async || (told().len() >= chats.len() - 1).then_some(())).await;
    until("the broadcast is over", async || {
        let open = store.news_broadcasts(i64::MIN, true).await.unwrap();
        open.is_empty().then_some(())
    })
    .await;
    let mut twice = 0;
    for &chat in chats.iter().filter(|&&chat| chat != blocks) {
        let count = telegram.look(|world| world.sent_to(chat).filter(|sent| sent.html.contains(TITLE)).count());
        assert!(count >= 1, "chat {chat} was not told");
        let in_flight = open.iter().filter(|open| **open == chat).count();
        assert!(count <= 1 + in_flight, "chat {chat} was told {count} times: its message was in flight at {in_flight} kills");
        twice += count - 1;
    }
    println!("{} followers, {} messages in flight at three kills, {twice} told twice", chats.len(), open.len());

    // Whoever has blocked the bot is told no more, and one tap ends it for the others.
    telegram.citizen(chats[0]).taps("Dừng nhận tin");
    let more = format!("{item}<item><title>Lịch chi trả Sao Hôm tháng mười hai</title><link>https://bao.example/sao-hom</link></item>");
    until("the tap was heard", async || (store.news_follower_count().await.unwrap() < FOLLOWERS).then_some(())).await;
    feeds.serve("/a", Answer::feed("text/xml", format!("<rss version=\"2.0\"><channel><title>x</title>{more}</channel></rss>")));
    until("the second item reaches the last", async || {
        telegram.look(|world| world.sent_to(chats[chats.len() - 1]).any(|sent| sent.html.contains("Sao Hôm"))).then_some(())
    })
    .await;
    until("two follow no more", async || (store.news_follower_count().await.unwrap() == FOLLOWERS - 2).then_some(())).await;
    assert!(telegram.look(|world| !world.sent_to(chats[0]).any(|sent| sent.html.contains("Sao Hôm"))));
}

async fn a_digest_comes_when_it_is_due_with_all_that_is_new(database: Options) {
    let telegram = Telegram::start().await.unwrap();
    let feeds = Feeds::start().await.unwrap();
    let item = |name: &str| {
        let text = "Phục vụ người dân từ hôm nay.";
        format!("<item><title>{name}</title><link>https://bao.example/{}</link><description>{text}</description></item>", name.len())
    };
    let items = ["Ra mắt cổng tra cứu Sao Mai", "Lịch chi trả Sao Hôm tháng mười hai"].map(item).concat();
    feeds.serve("/a", Answer::feed("text/xml", format!("<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>")));
    // Without written news, of which those of the last days would be told as well.
    let faq = small_faq();
    let mut server = options(database, &telegram, &feeds).variable("HOTRO_FAQ_DIR", faq.path().to_str().unwrap()).start().await;
    let store = Store::open(&server.database_url()).await.unwrap();
    let begun = now_ms();
    until("both are on their way", async || (store.news_broadcasts(i64::MIN, false).await.unwrap().len() == 2).then_some(())).await;
    // Three began to follow yesterday: the digest of the first is due, that of the second tomorrow. The third did so only now.
    let (due, later, new) = (7_001, 7_002, 7_003);
    let day_ms = 24 * 60 * 60 * 1_000;
    follow(&store, later, begun - day_ms, Some(begun + day_ms)).await.unwrap();
    follow(&store, new, now_ms() + 1, Some(now_ms() + 2)).await.unwrap();
    follow(&store, due, begun - day_ms, Some(now_ms())).await.unwrap();
    let sent = |chat: i64| telegram.look(|world| world.sent_to(chat).cloned().collect::<Vec<_>>());
    until("the digest came", async || (!sent(due).is_empty()).then_some(())).await;
    until("no digest is due", async || store.news_followers("", Some(now_ms()), 10).await.unwrap().is_empty().then_some(())).await;
    // What Telegram has and the database does not know of yet would be sent again.
    until("its cursor is stored", async || store.telegram_chats_behind(1).await.unwrap().is_empty().then_some(())).await;
    // Whoever goes on after a crash tells it no second time.
    server.kill();
    let server = server.start_again().await;
    telegram.citizen(due).says("/help");
    let all = until("the help came", async || Some(sent(due)).filter(|sent| sent.len() > 1)).await;
    assert_eq!(all.iter().filter(|sent| sent.html.contains("Sao Mai") && sent.html.contains("Sao Hôm")).count(), 1, "{all:#?}");
    assert_eq!(all.iter().filter(|sent| sent.html.contains("Sao Mai")).count(), 1, "{all:#?}");
    assert!(all[0].buttons.iter().any(|button| button.0.contains("Dừng nhận tin")), "{all:#?}");
    assert!(sent(later).is_empty() && sent(new).is_empty());
    drop(server);
}
