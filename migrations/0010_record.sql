-- What is known of insured persons, and who has proved that they may see it. Every column that tells something of a person is sealed
-- with the key of the installation; persons are found by a keyed hash alone.

create table person (
    -- Keyed hash, in hex, of the social-insurance code.
    person_hash  text   not null,
    -- Keyed hash, in hex, of the citizen ID; null when it is not known.
    citizen_hash text,
    -- Code, citizen ID, name, date of birth and telephone as JSON.
    sealed       text   not null,
    -- 1 for the invented people of a demonstration.
    demo         bigint not null default 0,
    changed_ms   bigint not null,
    constraint person_pk primary key (person_hash),
    constraint person_citizen_once unique (citizen_hash),
    constraint person_demo_is_flag check (demo in (0, 1))
);

-- One fact about a person: a contribution period, a benefit, a dossier.
create table record (
    person_hash text   not null,
    kind        text   not null,
    -- Keyed hash, in hex, of what makes it this fact and no other: the same fact imported again replaces itself.
    record_hash text   not null,
    sealed      text   not null,
    changed_ms  bigint not null,
    constraint record_pk primary key (person_hash, kind, record_hash),
    constraint record_kind_known check (kind in ('contribution', 'benefit', 'dossier', 'card', 'visit', 'dependant'))
);

-- One use of the secure form: from its opening to the end of what it proved.
create table verification (
    verification_id text   not null,
    conversation_id text   not null,
    -- SHA-256, in hex, of the token that the form holds.
    session_hash    text   not null,
    -- SHA-256, in hex, of the one-time token of the link that opened it; null for the form in the widget.
    link_hash       text,
    state           text   not null,
    opened_ms       bigint not null,
    -- The form is closed by itself.
    expires_ms      bigint not null,
    -- What was typed: identifier and date of birth, sealed. Wiped at the end.
    claim_sealed    text,
    -- 1 when it was found and has a telephone. No answer depends on it before the password is right.
    matched         bigint not null default 0,
    -- The code of the person found, sealed, and its keyed hash; null until then, wiped at the end.
    subject_sealed  text,
    person_hash     text,
    -- Keyed hash, in hex, of the one-time password; null before the first and at the end.
    otp_hash        text,
    otp_expires_ms  bigint not null default 0,
    tries           bigint not null default 0,
    sends           bigint not null default 0,
    sent_ms         bigint not null default 0,
    -- A key of its own for what is said in this time, sealed: dropped at the end, and with it all that was said.
    data_key_sealed text,
    until_ms        bigint not null default 0,
    method          text,
    ended_ms        bigint,
    constraint verification_pk primary key (verification_id),
    constraint verification_session_once unique (session_hash),
    constraint verification_link_once unique (link_hash),
    constraint verification_state_known check (state in ('open', 'sent', 'verified', 'ended')),
    constraint verification_wiped_when_ended check (ended_ms is null
        or (claim_sealed is null and subject_sealed is null and otp_hash is null and data_key_sealed is null))
);

-- A newer form ends the older one, and what it proved.
create unique index verification_one_live on verification (conversation_id) where ended_ms is null;
create index verification_expiry on verification (expires_ms) where ended_ms is null;
create index verification_age on verification (opened_ms);

-- What a turn has asked for and has not got yet, written with the turn. Carried out by any node, under a lease.
create table effect (
    conversation_id text   not null,
    -- The seq of the event that asked.
    request         bigint not null,
    kind            text   not null,
    -- What it needs beside, sealed; null when nothing.
    sealed          text,
    asked_ms        bigint not null,
    leased_until_ms bigint not null default 0,
    tries           bigint not null default 0,
    constraint effect_pk primary key (conversation_id, request)
);

create index effect_due on effect (leased_until_ms, asked_ms);

-- Who has read what of whom. Append-only, like `audit`.
create table record_access (
    access_id       text   not null,
    -- As in `person`.
    person_hash     text   not null,
    conversation_id text,
    -- `citizen`, or an operator's id.
    actor           text   not null,
    what            text   not null,
    -- Why an operator looked.
    reason          text,
    at_ms           bigint not null,
    constraint record_access_pk primary key (access_id),
    constraint record_access_actor_given check (actor <> '')
);

create index record_access_of_person on record_access (person_hash, at_ms);
create index record_access_of_conversation on record_access (conversation_id, at_ms);
create index record_access_by_actor on record_access (actor, at_ms);

-- Keys of what is stored in bulk, sealed with the key of the installation: when that changes, these rows alone are sealed anew.
create table data_key (
    data_key_id text not null,
    sealed      text not null,
    constraint data_key_pk primary key (data_key_id)
);
