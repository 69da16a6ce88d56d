-- What supervisors set, and what operators work with.

-- The settings as JSON; no row: those of the configuration. One row.
create table desk_setting (
    desk_setting_id bigint not null,
    body            text   not null,
    changed_ms      bigint not null,
    constraint desk_setting_pk primary key (desk_setting_id),
    constraint desk_setting_single check (desk_setting_id = 1)
);

-- Sentences that operators send often. The page fills the placeholders.
create table canned_reply (
    canned_reply_id text   not null,
    title           text   not null,
    text            text   not null,
    -- For the operators of one domain; null: for all.
    skill           text,
    changed_ms      bigint not null,
    constraint canned_reply_pk primary key (canned_reply_id),
    constraint canned_reply_title_given check (title <> ''),
    constraint canned_reply_text_given check (text <> '')
);

-- A citizen who wants to be called back.
create table callback (
    callback_id     text   not null,
    conversation_id text   not null,
    -- The telephone number, sealed with the key of the installation; wiped when the call is done.
    phone_sealed    text,
    -- Its last digits, to tell one from another.
    phone_masked    text   not null,
    from_ms         bigint not null,
    to_ms           bigint not null,
    asked_ms        bigint not null,
    -- The operator who has read the number last.
    taken_by        text,
    done_ms         bigint,
    result          text,
    constraint callback_pk primary key (callback_id),
    constraint callback_conversation_fk foreign key (conversation_id) references conversation (conversation_id),
    constraint callback_window check (from_ms <= to_ms),
    constraint callback_result_known check (result in ('reached', 'no_answer', 'wrong_number')),
    constraint callback_wiped_when_done check ((phone_sealed is null) = (done_ms is not null))
);

-- One wish at a time; another replaces it.
create unique index callback_one_open on callback (conversation_id) where done_ms is null;
create index callback_waiting on callback (from_ms, callback_id) where done_ms is null;
