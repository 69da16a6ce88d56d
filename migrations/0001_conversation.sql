-- A conversation is an append-only, numbered log of events; everything else in this schema can be derived from it or
-- serves its delivery. Portable between SQLite and PostgreSQL: text, bigint (flags 0/1, times in Unix milliseconds named
-- *_ms) and no default that one of them would compute differently. Identifiers are UUIDs in lower-case hyphenated text.

create table conversation (
    conversation_id text   not null,
    channel         text   not null,
    -- SHA-256, in hex, of the token with which a browser proves that the conversation is its own. Null on channels that
    -- prove it themselves (Telegram).
    token_hash      text,
    -- The number of events. Moving it is what decides between two writers, under the lock of this row.
    last_seq        bigint not null,
    created_ms      bigint not null,
    constraint conversation_pk primary key (conversation_id),
    constraint conversation_channel_given check (channel <> ''),
    constraint conversation_token_hash_is_sha256 check (length(token_hash) = 64),
    constraint conversation_last_seq_counts check (last_seq >= 0)
);

-- The primary key is the backstop of the log's one promise: a number is given once.
create table event (
    conversation_id text   not null,
    seq             bigint not null,
    kind            text   not null,
    at_ms           bigint not null,
    body            text   not null,
    -- The channel's id of the input that caused this event and those appended with it; null on the others.
    input_id        text,
    constraint event_pk primary key (conversation_id, seq),
    constraint event_conversation_fk foreign key (conversation_id) references conversation (conversation_id),
    constraint event_seq_from_one check (seq >= 1),
    constraint event_kind_given check (kind <> '')
);

-- Channels repeat their updates: an input takes effect once.
create unique index event_input_once on event (conversation_id, input_id) where input_id is not null;

-- The fold of the log up to seq, kept to save time. A row may be deleted at any moment.
create table snapshot (
    conversation_id text   not null,
    seq             bigint not null,
    -- The version of the fold; a snapshot of another version is ignored by the reader.
    format          bigint not null,
    body            text   not null,
    constraint snapshot_pk primary key (conversation_id),
    constraint snapshot_conversation_fk foreign key (conversation_id) references conversation (conversation_id)
);
