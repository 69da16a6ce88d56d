-- Personal messages that Telegram shows, until they are taken away there: a day after they were sent.
create table telegram_personal (
    chat_id         bigint not null,
    message_id      bigint not null,
    delete_after_ms bigint not null,
    constraint telegram_personal_pk primary key (chat_id, message_id)
);

create index telegram_personal_due on telegram_personal (delete_after_ms);
