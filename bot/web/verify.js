// The secure form as a page: opened by a button on Telegram, in its Web App or in a browser. No script of anybody else.

import { secureForm } from '/secure-form.js';

// Telegram appends fields of its own behind the token.
const [, token] = /^#([0-9a-f]+)/.exec(location.hash) ?? [];
history.replaceState(null, '', location.pathname);
const KEPT = 'hotro:form';

async function call(path, session, body) {
  try {
    const response = await fetch(path, {
      method: 'POST', credentials: 'omit', cache: 'no-store', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...(session && { Authorization: `Bearer ${session}` }) },
    });
    const answer = await response.json().catch(() => null);
    return { ok: response.ok && !!answer, status: response.status, body: answer };
  } catch {
    return { ok: false, status: 0 };
  }
}

/** The link works once: what it opened is kept for a reload of this tab. */
async function open() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (kept && (!token || kept.token === token) && kept.body.expires_ms > Date.now()) return { ok: true, status: 201, body: kept.body };
  const answer = await call('/api/verification/open', null, { token: token ?? '' });
  if (answer.ok) sessionStorage.setItem(KEPT, JSON.stringify({ token, body: answer.body }));
  return answer;
}

/** What Telegram's clients listen to, without their script. */
function close() {
  sessionStorage.removeItem(KEPT);
  const told = JSON.stringify({ eventType: 'web_app_close', eventData: null });
  window.TelegramWebviewProxy?.postEvent?.('web_app_close', 'null');
  if (window.parent !== window) window.parent.postMessage(told, 'https://web.telegram.org');
  window.external?.notify?.(told);
  document.body.append(Object.assign(document.createElement('p'), { className: 'still', textContent: 'Bạn có thể đóng trang này và quay lại Telegram.' }));
  window.close();
}

document.body.append(secureForm({ root: document, open, call, done: close, page: true }).node);
