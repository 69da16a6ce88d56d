-- Updates are stored before Telegram is told that they arrived, and handled afterwards: a crash in between loses nothing.
create table telegram_update (
    update_id  bigint not null,
    -- 0 when the update belongs to no chat.
    chat_id    bigint not null,
    -- Wiped once handled: a citizen may have typed a secret. The row stays, so that a repeated update is recognised.
    body       text,
    stored_ms  bigint not null,
    handled_ms bigint,
    constraint telegram_update_pk primary key (update_id),
    constraint telegram_update_wiped_when_handled check ((body is null) = (handled_ms is not null))
);

create index telegram_update_pending on telegram_update (update_id) where handled_ms is null;

create table telegram_chat (
    chat_id         bigint not null,
    -- Deliberately no foreign key: the chat is bound first, so that two updates racing for a new chat agree on the
    -- conversation, which then begins with its first append.
    conversation_id text   not null,
    -- The last event whose delivery Telegram has confirmed.
    cursor_seq      bigint not null,
    -- 1 when the citizen has blocked the bot.
    blocked         bigint not null,
    language        text,
    bound_ms        bigint not null,
    constraint telegram_chat_pk primary key (chat_id),
    constraint telegram_chat_one_per_conversation unique (conversation_id),
    constraint telegram_chat_cursor_counts check (cursor_seq >= 0),
    constraint telegram_chat_blocked_is_flag check (blocked in (0, 1))
);
