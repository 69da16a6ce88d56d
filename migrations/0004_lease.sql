-- Work that one node at a time may do (polling Telegram, timers). A holder that dies stops renewing, and the lease runs out.
create table lease (
    lease_id   text   not null,
    holder     text   not null,
    expires_ms bigint not null,
    constraint lease_pk primary key (lease_id)
);
