-- The operators' desk: who has a handoff, in what order the others wait, and who is there. These rows are what the queue
-- (bot/src/desk/queue) is loaded from; each of its changes names the row that it updates, and a decision is one transaction.

-- The smaller, the more pressing: complaint, repeated misses, asked for, unhappy.
alter table handoff add column priority bigint not null default 2
    constraint handoff_priority_known check (priority between 0 and 3);
-- The order within a priority, drawn once. Null until the queue has seen the handoff.
alter table handoff add column ticket bigint;
-- The skill that it needs; null: anyone can serve it.
alter table handoff add column need text;
-- The first three while closed_ms is null, the others after.
alter table handoff add column state text not null default 'waiting'
    constraint handoff_state_known check (state in ('waiting', 'offered', 'claimed', 'resolved', 'abandoned', 'callback'));
-- To whom it is offered or by whom it is claimed; null while it waits. Once resolved, who had it.
alter table handoff add column operator_id text;
-- When the offer ends; null unless offered.
alter table handoff add column offer_until_ms bigint;
-- When it was claimed last; null until then.
alter table handoff add column claimed_ms bigint;
-- The number of claims, and the fencing number of the last: a write under another is refused.
alter table handoff add column fence bigint not null default 0;
-- Who gave it back last and is asked again after the others.
alter table handoff add column avoid_operator_id text;
-- Why it was resolved; null unless resolved.
alter table handoff add column resolution text;

-- Until now a row was closed only by the citizen who left.
update handoff set state = 'abandoned' where closed_ms is not null;

create unique index handoff_ticket on handoff (ticket) where ticket is not null;
-- The last ones resolved tell how long a conversation takes.
create index handoff_resolved on handoff (closed_ms) where state = 'resolved';

-- An operator at the desk. Whoever signs out or whose lease ends has no row; what they held was released with it.
create table desk_seat (
    operator_id      text   not null,
    -- 1 when they want offers.
    accepting        bigint not null,
    -- The lease on everything they hold.
    present_until_ms bigint not null,
    -- The number of the last offer made to them.
    last_turn        bigint not null,
    constraint desk_seat_pk primary key (operator_id),
    constraint desk_seat_accepting_is_flag check (accepting in (0, 1))
);

-- Moved by every transaction of the queue, from the version that it was decided on: of two nodes that decide at once, one
-- finds another version and decides again. One row.
create table desk (
    desk_id bigint not null,
    version bigint not null,
    constraint desk_pk primary key (desk_id),
    constraint desk_single check (desk_id = 1)
);

insert into desk (desk_id, version) values (1, 0);
