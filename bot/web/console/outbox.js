// What the operator wrote and the log does not show yet, and what they have not sent: kept on this computer until it is safe.
//
// Every message carries a client id, so sending it again can neither lose it nor show it twice.

import { post } from './api.js';
import { backoff_ms, pause } from './stream.js';
import { log } from './log.js';
import { me } from './session.js';
import { createStore, stored, uuid } from './ui.js';

const DRAFT_DAYS_MAX = 2;

const boxName = () => `${me()?.operator_id}:outbox`;
const all = () => stored.get(boxName()) ?? [];

/** [{client_id, conversation_id, handoff_id, kind: message | answer | note, fence, text, topic?, at_ms, sent?: seq, failed?: reason}] */
export const outbox = createStore([]);

const save = (items) => { stored.set(boxName(), items.length ? items : null); outbox.set(items); };
const amend = (client_id, what) => save(all().map((item) => (item.client_id === client_id ? { ...item, ...what } : item)));
export const drop = (client_id) => save(all().filter((item) => item.client_id !== client_id));

/** Takes up what an earlier visit did not get to send. */
export function openOutbox() {
  outbox.set(all());
  forgetOldDrafts();
  pump();
}

export function send(item) {
  save([...all(), { client_id: uuid(), at_ms: Date.now(), ...item }]);
  pump();
}

export function sendAgain(client_id, fence) {
  amend(client_id, { failed: undefined, ...(fence != null && { fence }) });
  pump();
}

let pumping = false;
async function pump() {
  if (pumping) return;
  pumping = true;
  let failures = 0;
  for (let item; me() && (item = all().find((waiting) => waiting.sent == null && !waiting.failed)); ) {
    const answer = await deliver(item);
    if (answer.ok) {
      failures = 0;
      const open = log.get();
      // Shown as pending until the log has it; a log that is not open will have it when it is read.
      if (open?.id === item.conversation_id && answer.body?.seq > (open.events.at(-1)?.seq ?? 0)) amend(item.client_id, { sent: answer.body.seq });
      else drop(item.client_id);
    } else if (answer.status === 0 || answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      failures += 1;
      await pause(answer.retry_ms || backoff_ms(failures));
    } else if (answer.status === 401) {
      break; // Goes on after signing in.
    } else amend(item.client_id, { failed: answer.reason });
  }
  pumping = false;
}

function deliver({ kind, conversation_id, handoff_id, client_id, fence, text, topic }) {
  switch (kind) {
    case 'note': return post(`/conversations/${conversation_id}/notes`, { client_id, text });
    case 'answer': return post(`/handoffs/${handoff_id}/answers`, { client_id, fence, topic });
    default: return post(`/handoffs/${handoff_id}/messages`, { client_id, fence, text });
  }
}

/** What of the outbox the log does not show yet. */
export function pendingOf(items, conversation_id, events) {
  const shown = new Set(events.map((event) => event.client_id).filter(Boolean));
  return items.filter((item) => item.conversation_id === conversation_id && !shown.has(item.client_id));
}

log.follow(() => {
  const open = log.get();
  if (open?.status !== 'ready') return;
  const last = open.events.at(-1)?.seq ?? 0;
  const left = all().filter((item) => item.conversation_id !== open.id || item.sent == null || item.sent > last);
  if (left.length < all().length) save(left);
});

// ---- drafts

const draftName = (conversation_id) => `${me()?.operator_id}:draft:${conversation_id}`;
const EMPTY = { message: '', note: '' };

export const draftOf = (conversation_id) => ({ ...EMPTY, ...stored.get(draftName(conversation_id))?.text });
export function keepDraft(conversation_id, text) {
  stored.set(draftName(conversation_id), text.message || text.note ? { text, at_ms: Date.now() } : null);
}

function forgetOldDrafts() {
  const oldest_ms = Date.now() - DRAFT_DAYS_MAX * 24 * 3_600_000;
  for (const name of stored.names()) {
    if (name.includes(':draft:') && !(stored.get(name)?.at_ms > oldest_ms)) stored.set(name, null);
  }
}

/** Words about citizens do not stay on a computer that somebody signed out of. */
export function forgetEverything() {
  for (const name of stored.names()) if (name.includes(':draft:') || name.endsWith(':outbox')) stored.set(name, null);
  outbox.set([]);
}

window.addEventListener('storage', (event) => { if (event.key?.endsWith(':outbox')) outbox.set(all()); });
