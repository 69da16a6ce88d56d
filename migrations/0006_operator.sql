-- Those who staff the hotline's console, how they prove who they are, and what was done under their names.

create table operator (
    operator_id   text   not null,
    -- What they sign in with, in lower case.
    name          text   not null,
    -- What colleagues and citizens read.
    display_name  text   not null,
    role          text   not null,
    -- The domains they answer, a JSON list; an empty one means all.
    skills        text   not null default '[]',
    -- Conversations held at once.
    capacity      bigint not null default 4,
    -- argon2id in PHC form. Null until an invitation is accepted, and after the operator was disabled.
    password_hash text,
    -- The TOTP secret, sealed with the key of the installation; null without a second factor.
    totp_sealed   text,
    -- The last time step whose code was used: a code is taken once.
    totp_step     bigint not null default 0,
    -- A secret shown and not yet confirmed by a code.
    totp_pending  text,
    created_ms    bigint not null,
    disabled_ms   bigint,
    constraint operator_pk primary key (operator_id),
    constraint operator_name_once unique (name),
    constraint operator_name_given check (name <> ''),
    constraint operator_role_known check (role in ('operator', 'supervisor')),
    constraint operator_capacity_from_one check (capacity >= 1),
    constraint operator_disabled_cannot_sign_in check (disabled_ms is null or password_hash is null)
);

-- A link that lets its holder set the password of one operator, once.
create table operator_invitation (
    -- SHA-256, in hex, of the token in the link.
    token_hash  text   not null,
    operator_id text   not null,
    created_ms  bigint not null,
    expires_ms  bigint not null,
    used_ms     bigint,
    constraint operator_invitation_pk primary key (token_hash),
    constraint operator_invitation_operator_fk foreign key (operator_id) references operator (operator_id),
    constraint operator_invitation_hash_is_sha256 check (length(token_hash) = 64)
);

-- A newer invitation replaces the older one.
create unique index operator_invitation_one_open on operator_invitation (operator_id) where used_ms is null;

create table operator_session (
    -- SHA-256, in hex, of the token in the cookie.
    session_hash text   not null,
    operator_id  text   not null,
    created_ms   bigint not null,
    -- The last request, to the minute.
    seen_ms      bigint not null,
    expires_ms   bigint not null,
    constraint operator_session_pk primary key (session_hash),
    constraint operator_session_operator_fk foreign key (operator_id) references operator (operator_id),
    constraint operator_session_hash_is_sha256 check (length(session_hash) = 64)
);

create index operator_session_of_operator on operator_session (operator_id, seen_ms);
create index operator_session_expiry on operator_session (expires_ms);

create table recovery_code (
    operator_id text   not null,
    -- Keyed hash, in hex.
    code_hash   text   not null,
    used_ms     bigint,
    constraint recovery_code_pk primary key (operator_id, code_hash),
    constraint recovery_code_operator_fk foreign key (operator_id) references operator (operator_id)
);

-- Attempts to sign in that have not succeeded, by account and by network.
create table sign_in_attempt (
    -- Keyed hash, in hex, of what was typed as a name, or of the network: neither is anybody's business here.
    attempt_key     text   not null,
    failures        bigint not null,
    last_ms         bigint not null,
    locked_until_ms bigint not null,
    constraint sign_in_attempt_pk primary key (attempt_key),
    constraint sign_in_attempt_counts check (failures >= 0)
);

create index sign_in_attempt_age on sign_in_attempt (last_ms);

-- Append-only: the program has no statement that changes or deletes a row, and a test says so.
create table audit (
    audit_id text   not null,
    -- An operator's id, or who else it was.
    actor    text   not null,
    action   text   not null,
    -- What it was done to: the id of an operator or a conversation; null when that is unknown.
    subject  text,
    at_ms    bigint not null,
    -- A JSON object.
    detail   text   not null,
    constraint audit_pk primary key (audit_id),
    constraint audit_actor_given check (actor <> ''),
    constraint audit_action_given check (action <> '')
);

create index audit_by_time on audit (at_ms, audit_id);

-- Which key the sealed columns of this database belong to: a node that was started with another would neither read them nor
-- agree on who is locked out. One row.
create table key_print (
    key_print_id bigint not null,
    print        text   not null,
    constraint key_print_pk primary key (key_print_id),
    constraint key_print_single check (key_print_id = 1)
);
