// The log of the conversation on the screen: a cursor, the events before it, and a stream of those after it.

import { get, request } from './api.js';
import { follow } from './stream.js';
import { stoppedTyping } from './desk.js';
import { announce, createStore } from './ui.js';

const PAGE_MAX = 500; // events in one answer of ?after=
const KEPT_MAX = 8; // conversations whose events stay in memory, so that going back to one shows it at once
const HIDDEN_MS_MAX = 60_000; // then a hidden tab lets its stream go: HTTP/1.1 allows six connections to a host

/** {id, status: loading | ready | refused | missing | failed, detail, events, link} or null. */
export const log = createStore(null);

const kept = new Map();
let stop = null;

export function openLog(id) {
  if (log.get()?.id === id) return;
  closeLog();
  if (!id) return;
  const before = kept.get(id);
  log.set({ id, status: before ? 'ready' : 'loading', detail: before?.detail ?? null, events: before?.events ?? [], link: 'live' });
  read(id);
}

export function closeLog() {
  stop?.abort();
  stop = null;
  const was = log.get();
  if (was?.status === 'ready') {
    kept.delete(was.id);
    kept.set(was.id, was);
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value);
  }
  log.set(null);
}

/** What this browser has seen of citizens is gone with its session. */
export function forgetLogs() {
  closeLog();
  kept.clear();
}

export const reload = () => { const id = log.get()?.id; if (id) { log.set(null); openLog(id); } };

async function read(id) {
  stop?.abort();
  const { signal } = (stop = new AbortController());
  const detail = await get(`/conversations/${id}`);
  if (signal.aborted) return;
  if (!detail.ok && [403, 404].includes(detail.status)) return change(id, { status: detail.status === 403 ? 'refused' : 'missing' });
  if (detail.ok) change(id, { detail: detail.body });
  // JSON first: it has an end, so the history is shown at once and is not read aloud.
  for (;;) {
    const page = await get(`/conversations/${id}/events?after=${cursor(id)}`);
    if (signal.aborted) return;
    if (!page.ok) {
      if (log.get()?.status === 'ready') break;
      return change(id, { status: 'failed' });
    }
    const events = page.body.events ?? page.body;
    take(id, events);
    if (events.length < PAGE_MAX) break;
  }
  change(id, { status: 'ready' });
  await follow(`/conversations/${id}/events`, {
    signal,
    lastId: () => cursor(id),
    onLink: (link) => change(id, { link }),
    onEvent: (_type, event) => { take(id, [event]); hear(id, event); },
  });
}

const cursor = (id) => (log.get()?.id === id ? log.get().events.at(-1)?.seq ?? 0 : 0);

function change(id, what) {
  const was = log.get();
  if (was?.id === id) log.set({ ...was, ...what });
}

/** Each event once, in order. */
function take(id, events) {
  const last = cursor(id);
  const fresh = events.filter((event) => event.seq > last);
  if (fresh.length) change(id, { events: [...log.get().events, ...fresh] });
}

function hear(id, event) {
  if (event.kind !== 'citizen_message' && event.kind !== 'citizen_choice') return;
  stoppedTyping(id);
  announce(`Người dân: ${event.text ?? event.label}`);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    const mine = stop;
    setTimeout(() => { if (document.hidden && mine === stop) stop?.abort(); }, HIDDEN_MS_MAX);
  } else if (stop?.signal.aborted && log.get()) read(log.get().id);
});

/** Labels are the conversation's, not the log's: the page shows them before the event comes. */
export async function setLabels(id, labels) {
  const answer = await request('PUT', `/conversations/${id}/labels`, { labels });
  const detail = log.get()?.detail;
  if (answer.ok && detail?.conversation_id === id) change(id, { detail: { ...detail, labels } });
  return answer;
}
