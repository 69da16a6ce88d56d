// Event streams of the server, read with fetch: unlike EventSource it tells a session that is over from a lost connection, and
// the pause between two tries is ours.

import { noticeSignedOut } from './api.js';

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;
const SILENCE_MS_MAX = 40_000; // two comments of the server, one every 15 s, are missing

// Half of it is chance: a restarted server is not met by all consoles at once.
export const backoff_ms = (failures) => Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures) * (0.5 + Math.random() / 2);

const sleepers = new Set();
/** Waits; the network coming back or the tab being looked at again cuts it short. */
export function pause(ms, signal) {
  return new Promise((done) => {
    const wake = () => {
      clearTimeout(timer);
      sleepers.delete(wake);
      signal?.removeEventListener('abort', wake);
      done();
    };
    const timer = setTimeout(wake, ms);
    sleepers.add(wake);
    signal?.addEventListener('abort', wake);
  });
}
const wakeAll = () => [...sleepers].forEach((wake) => wake());
window.addEventListener('online', wakeAll);
document.addEventListener('visibilitychange', () => { if (!document.hidden) wakeAll(); });

/**
 * Follows a stream until `signal` is aborted, connecting again whenever it ends.
 *
 * `lastId()` is asked at every connection for where to go on; `onEvent(type, value, id)` gets the parsed JSON of each event;
 * `onLink('live' | 'lost')` tells how it stands. A stream that may not be read (403, 404) ends with that status.
 */
export async function follow(path, { lastId, onEvent, onLink, signal }) {
  for (let failures = 0; !signal.aborted; ) {
    const { status, events } = await readOnce(path, { lastId, onEvent, onLink, signal });
    if (signal.aborted) return 0;
    if (status === 401) noticeSignedOut();
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) return status;
    failures = events ? 0 : failures + 1;
    // One short gap, such as a restart behind a proxy, is no news.
    if (failures > 1 || status === 0) onLink('lost');
    await pause(backoff_ms(failures), signal);
  }
  return 0;
}

async function readOnce(path, { lastId, onEvent, onLink, signal }) {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener('abort', abort);
  let heard_ms = Date.now();
  let events = 0;
  let status = 0;
  const watchdog = setInterval(() => { if (Date.now() - heard_ms > SILENCE_MS_MAX) stop.abort(); }, 5_000);
  try {
    const headers = { Accept: 'text/event-stream' };
    const from = lastId?.();
    if (from != null) headers['Last-Event-ID'] = String(from);
    const response = await fetch(`/api/desk${path}`, { headers, signal: stop.signal, credentials: 'same-origin', cache: 'no-store' });
    status = response.status;
    if (!response.ok || !response.body) return { status, events };
    onLink('live');
    const source = response.body.getReader();
    const decoder = new TextDecoder();
    const parse = eventStream((type, data, id) => {
      events += 1;
      try {
        onEvent(type, JSON.parse(data), id);
      } catch (error) {
        console.warn('console: an event could not be used', type, error?.name);
      }
    });
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      heard_ms = Date.now();
      parse(decoder.decode(value, { stream: true }));
    }
  } catch {
    // The connection broke: the caller comes again.
    if (!events) status = 0;
  } finally {
    clearInterval(watchdog);
    signal.removeEventListener('abort', abort);
  }
  return { status, events };
}

/** Parses text/event-stream, which comes in any pieces. */
function eventStream(emit) {
  let rest = '';
  let type = '';
  let data = [];
  let id = '';
  return (text) => {
    // A \r at the end may be half of \r\n: it waits for the next piece.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (data.length) emit(type || 'message', data.join('\n'), id);
        type = '';
        data = [];
        continue;
      }
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line);
      if (field === 'data') data.push(value);
      else if (field === 'event') type = value;
      else if (field === 'id') id = value;
    }
  };
}
