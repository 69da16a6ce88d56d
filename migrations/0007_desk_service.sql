-- What the service of the desk needs beside the rows of the queue (0005).

-- Handoffs that the queue has not seen yet.
create index handoff_new on handoff (queued_ms, handoff_id) where ticket is null and closed_ms is null;

-- The position that the citizen was told last in a message; null until then. Channels that push it on an open stream store none.
alter table handoff add column told_position bigint;
-- When it was claimed for the first time, and when the first words of an operator followed; null until then.
alter table handoff add column first_claimed_ms bigint;
alter table handoff add column first_reply_ms bigint;
-- Statistics read the handoffs of some days.
create index handoff_by_entry on handoff (queued_ms);

-- What operators call this conversation: a JSON list of texts. The log has who changed it and when.
alter table conversation add column labels text not null default '[]';
create index conversation_by_start on conversation (created_ms);
