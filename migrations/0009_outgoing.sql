-- What citizens send to operators beside words, and what is told to other systems.

-- A photo or file of a citizen. Outside the log, so that it can be deleted after its time.
create table attachment (
    attachment_id   text   not null,
    conversation_id text   not null,
    -- The channel's id of the input: the same one again is the same attachment.
    client_id       text   not null,
    media_type      text   not null,
    -- Sealed with the key of the installation.
    body_sealed     bytea  not null,
    created_ms      bigint not null,
    constraint attachment_pk primary key (attachment_id),
    constraint attachment_conversation_fk foreign key (conversation_id) references conversation (conversation_id),
    constraint attachment_once unique (conversation_id, client_id)
);

create index attachment_by_age on attachment (created_ms);

-- Events of the log that another system is still to be told of. Written with the event; deleted once it was told.
create table outgoing (
    outgoing_id     text   not null,
    sink            text   not null,
    conversation_id text   not null,
    seq             bigint not null,
    attempts        bigint not null default 0,
    -- Not tried before.
    due_ms          bigint not null,
    constraint outgoing_pk primary key (outgoing_id),
    constraint outgoing_event_fk foreign key (conversation_id, seq) references event (conversation_id, seq),
    constraint outgoing_sink_known check (sink in ('webhook', 'mail'))
);

create index outgoing_due on outgoing (due_ms, outgoing_id);
