// Plain requests to /api/desk. Streams are in stream.js.

import { ERRORS, UNREACHABLE, UNKNOWN_ERROR } from './words.js';

const REQUEST_MS_MAX = 20_000;

let whenSignedOut = () => {};
/** What to do when the session turns out to be over, wherever that is noticed. */
export function onSignedOut(act) { whenSignedOut = act; }
export const noticeSignedOut = () => whenSignedOut();

/**
 * Never throws. `status` 0 means that no answer came; `reason` is a sentence for people, and `code` the server's word for it.
 */
export async function request(method, path, body) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), REQUEST_MS_MAX);
  // A write without a body is still JSON to the server, which takes nothing else.
  const writes = method !== 'GET' && method !== 'DELETE';
  const init = { method, signal: stop.signal, credentials: 'same-origin', cache: 'no-store', headers: { Accept: 'application/json' } };
  if (writes) {
    init.headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body ?? {});
  }
  try {
    const response = await fetch(`/api/desk${path}`, init);
    const answer = await response.json().catch(() => null);
    if (response.ok) return { ok: true, status: response.status, body: answer };
    const { code, message } = answer?.error ?? {};
    if (response.status === 401 && code === 'signed_out') whenSignedOut();
    const retry_ms = Math.max(0, Number(response.headers.get('Retry-After')) || 0) * 1000;
    return { ok: false, status: response.status, code, reason: ERRORS[code] ?? message ?? UNKNOWN_ERROR, retry_ms };
  } catch {
    return { ok: false, status: 0, code: 'unreachable', reason: UNREACHABLE, retry_ms: 0 };
  } finally {
    clearTimeout(timer);
  }
}

export const get = (path) => request('GET', path);
export const post = (path, body) => request('POST', path, body);
export const put = (path, body) => request('PUT', path, body);
export const patch = (path, body) => request('PATCH', path, body);
export const remove = (path) => request('DELETE', path);

/** `?a=1&b=2` without what is empty. */
export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value != null && value !== '');
  return given.length ? `?${new URLSearchParams(given)}` : '';
}
