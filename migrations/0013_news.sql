-- The policy news: what feeds served, what supervisors made of it, and who is sent it. What is written for the FAQ is a file and not here.

-- One item. What citizens read of it changes only with `version`.
create table news_item (
    news_item_id    text primary key,
    -- The feed that served it first; null: written on the console.
    feed_id         text,
    -- As people follow it, and as two addresses of one page compare equal.
    url             text not null,
    canonical_url   text not null,
    title           text not null,
    -- Plain text: paragraphs between empty lines.
    body            text not null,
    -- vi, en or other.
    language        text not null,
    -- Names between commas; topics of the FAQ the same way. `changes`: those whose facts it changed.
    themes          text not null default '',
    topics          text not null default '',
    changes         text not null default '',
    published_ms    bigint not null,
    -- 2026-07-01; null when it tells of no rule.
    effective_day   text,
    fetched_ms      bigint not null,
    state           text not null constraint news_item_state check (state in ('waiting', 'approved', 'hidden')),
    pinned          bigint not null default 0 constraint news_item_pinned check (pinned in (0, 1)),
    -- Of news_clock when it changed last: nodes read what is above what they know.
    version         bigint not null
);
create unique index news_item_link on news_item (canonical_url);
create index news_item_version on news_item (version);
create index news_item_by_state on news_item (state, published_ms);

-- Other addresses under which an item was met: the same text in another feed.
create table news_link (
    canonical_url   text primary key,
    news_item_id    text not null references news_item,
    met_ms          bigint not null
);

-- One row: counts the changes of news_item.
create table news_clock (
    news_clock_id   bigint primary key constraint news_clock_one check (news_clock_id = 1),
    version         bigint not null
);
insert into news_clock (news_clock_id, version) values (1, 0);

-- What is known of a feed of the configuration.
create table news_feed (
    feed_id         text primary key,
    etag            text,
    last_modified   text,
    next_ms         bigint not null,
    -- Attempts in a row that failed; 0 when the last one did not.
    failures        bigint not null default 0,
    last_error      text,
    last_try_ms     bigint,
    last_ok_ms      bigint,
    items_total     bigint not null default 0
);

-- Conversations that are sent news. The log has the same (`news_followed`, `news_stopped`), written in one transaction with this.
create table news_follower (
    conversation_id text primary key references conversation,
    -- Names between commas; empty: all.
    themes          text not null,
    cadence         text not null constraint news_follower_cadence check (cadence in ('now', 'daily', 'weekly')),
    -- Only what comes to be sent after this.
    since_ms        bigint not null,
    -- The next digest; null: as soon as there is something.
    due_ms          bigint
);
create index news_follower_due on news_follower (due_ms, conversation_id);

-- Items that are sent to who follows them.
create table news_broadcast (
    news_item_id    text primary key,
    created_ms      bigint not null,
    -- Followers are told in the order of their ids: up to this one it is done.
    cursor_id       text not null default '',
    told            bigint not null default 0,
    done_ms         bigint
);
create index news_broadcast_by_time on news_broadcast (created_ms);
