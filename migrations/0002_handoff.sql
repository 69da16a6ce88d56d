-- A place in the queue of the hotline. The queue is ordered by the time of entry.
create table handoff (
    handoff_id      text   not null,
    conversation_id text   not null,
    reason          text   not null,
    queued_ms       bigint not null,
    -- Null while the citizen waits.
    closed_ms       bigint,
    constraint handoff_pk primary key (handoff_id),
    constraint handoff_conversation_fk foreign key (conversation_id) references conversation (conversation_id),
    constraint handoff_reason_given check (reason <> ''),
    constraint handoff_closed_after_queued check (queued_ms <= closed_ms)
);

-- A conversation waits at most once. The queueing code relies on this index; there is no second check in Rust.
create unique index handoff_one_open on handoff (conversation_id) where closed_ms is null;

create index handoff_waiting on handoff (queued_ms, handoff_id) where closed_ms is null;
