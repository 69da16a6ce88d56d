// The record of a citizen who has proved who they are: that there is one is seen, what is in it only with a reason, and only for a while.

import { announce, html, uuid, useEffect, useNow, useState } from '../ui.js';
import { post } from '../api.js';
import { isMine } from '../desk.js';
import { Button, Dialog, Field } from '../parts/basic.js';
import { Message } from '../parts/message.js';
import { clock, length } from '../time.js';
import { RECORD_PARTS } from '../words.js';

const REASON_CHARS_MIN = 10;
const REASON_CHARS_MAX = 300;

/** The verification that counts now, by the log; null when there is none. */
export function verifiedNow(events, now) {
  const at = events.findLastIndex((event) => ['verified', 'verification_ended', 'erase_done'].includes(event.kind));
  const last = events[at];
  return last?.kind === 'verified' && last.until_ms > now ? last : null;
}

export function Record({ open, handoff }) {
  const now = useNow(1_000);
  const verified = verifiedNow(open.events, now);
  const [asking, setAsking] = useState(false);
  const [shown, setShown] = useState(null); // {what, message}
  const mine = isMine(handoff);
  // What was shown goes with what allowed it.
  const allowed = mine && verified?.id;
  useEffect(() => { setShown(null); setAsking(false); }, [open.id, allowed]);
  if (!verified) return null;
  return html`<section class="record" aria-label="Hồ sơ đã xác minh"><h3>Hồ sơ đã xác minh</h3>
    <p>Mã số tận cùng <b>${verified.ending}</b>, đến ${clock(verified.until_ms)} (còn ${length(verified.until_ms - now)}).</p>
    ${mine
      ? html`<p><${Button} small icon="eye" onClick=${() => setAsking(true)}>Xem hồ sơ…<//></p>`
      : html`<p class="soft small">Người đang giữ cuộc này mới mở được hồ sơ.</p>`}
    ${shown && allowed && html`<div class="revealed"><h4>${RECORD_PARTS[shown.what] ?? shown.what}</h4><${Message} message=${shown.message} choices=${false} folded=${false} />
      <p><${Button} small icon="close" onClick=${() => setShown(null)}>Ẩn đi<//></p></div>`}
    ${asking && allowed && html`<${Ask} handoff=${handoff} onShown=${(body) => { setShown(body); announce('Đã mở hồ sơ'); }} onClose=${() => setAsking(false)} />`}
  </section>`;
}

function Ask({ handoff, onShown, onClose }) {
  const [what, setWhat] = useState('participation');
  const [reason, setReason] = useState('');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [client_id] = useState(uuid());
  const submit = async (event) => {
    event.preventDefault();
    if ([...reason.trim()].length < REASON_CHARS_MIN) return setError(`Bạn ghi lý do rõ hơn, ít nhất ${REASON_CHARS_MIN} ký tự.`);
    setBusy(true);
    const answer = await post(`/handoffs/${handoff.handoff_id}/record`, { client_id, fence: handoff.fence, what, reason });
    setBusy(false);
    if (!answer.ok) return setError(answer.code === 'bad_request' ? 'Bạn ghi lý do rõ hơn: người dân cần gì mà phải xem hồ sơ.' : answer.reason);
    onShown(answer.body);
    onClose();
  };
  return html`<${Dialog} title="Xem hồ sơ của người dân" onClose=${onClose}><form onSubmit=${submit}><div class="body">
    <p class="soft">Lần xem này được ghi nhật ký cùng lý do, và người dân được báo là bạn đã xem phần nào.</p>
    <${Field} id="record-what" label="Phần cần xem"><select id="record-what" value=${what} onChange=${(event) => setWhat(event.target.value)}>${Object.entries(RECORD_PARTS).map(([value, label]) => html`<option key=${value} value=${value}>${label}</option>`)}</select><//>
    <${Field} id="record-reason" label="Lý do" hint="Không ghi số hay tên của người dân ở đây." error=${error}><textarea id="record-reason" rows="3" maxlength=${REASON_CHARS_MAX} aria-describedby="record-reason-hint" aria-invalid=${String(!!error)} value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea><//>
  </div><footer><${Button} onClick=${onClose}>Thôi<//><button class="button primary" disabled=${busy}>Xem</button></footer></form><//>`;
}
