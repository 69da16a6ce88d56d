// Citizens who asked to be called back. A number is shown to who calls it, and that is written down.

import { classes, html, useEffect, useNow, useState, useStore } from '../ui.js';
import { get, post } from '../api.js';
import { me } from '../session.js';
import { desk, operatorName } from '../desk.js';
import { Button, Confirm, Empty, Loaded } from '../parts/basic.js';
import { Page } from '../parts/page.js';
import { clock, length, moment, sameDay } from '../time.js';
import { CALLBACK_RESULTS } from '../words.js';

/** 0901234567 -> 0901 234 567 */
const grouped = (phone) => phone.replace(/^(\d{4})(\d{3})(\d+)$/, '$1 $2 $3');

export function Callbacks() {
  const { view } = useStore(desk);
  // Asked again when the number of open ones changes: somebody called, or somebody asked.
  return html`<${Page} narrow title="Gọi lại" lead="Người dân xin gọi lại trong khung giờ họ chọn. Ai sắp hết khung giờ đứng trước.">
    <${Loaded} about=${view?.callbacks_open ?? 0} load=${() => get('/callbacks')}>${(callbacks, again) => (callbacks.length
      ? html`<ul class="cards">${[...callbacks].sort((a, b) => a.to_ms - b.to_ms).map((callback) => html`<${Callback} key=${callback.callback_id} callback=${callback} view=${view} onDone=${again} />`)}</ul>`
      : html`<${Empty} icon="phone" title="Không còn ai chờ gọi lại" />`)}<//>
  <//>`;
}

function Callback({ callback, view, onDone }) {
  const now = useNow(15_000);
  const [phone, setPhone] = useState(null);
  const [error, setError] = useState(null);
  const [asking, setAsking] = useState(null);
  useEffect(() => setError(null), [callback]);
  const reveal = async () => {
    const answer = await post(`/callbacks/${callback.callback_id}/reveal`);
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) setPhone(answer.body.phone);
  };
  const { from_ms, to_ms, asked_ms, taken_by, phone_masked, conversation_id } = callback;
  const window_ = sameDay(from_ms, to_ms) ? `${clock(from_ms)}-${moment(to_ms, now)}` : `${moment(from_ms, now)} - ${moment(to_ms, now)}`;
  const standing = now > to_ms ? ['late', `quá khung giờ ${length(now - to_ms)}`] : now >= from_ms ? ['soon', `còn ${length(to_ms - now)}`] : ['calm', `sau ${length(from_ms - now)}`];
  const caller = taken_by && taken_by !== me().operator_id ? operatorName(view, taken_by) ?? 'đồng nghiệp' : null;
  return html`<li class=${classes('card callback', standing[0])}>
    <div class="grow"><p class="phone">${phone ? html`<a href=${`tel:${phone}`}>${grouped(phone)}</a>` : phone_masked}</p>
      <p><span class=${`since ${standing[0]}`}>${window_}, ${standing[1]}</span></p>
      <p class="soft">Xin lúc ${moment(asked_ms, now)} · <a href=${`/console/c/${conversation_id}`}>Xem cuộc trò chuyện</a>${caller && ` · ${caller} đã xem số`}</p>${error && html`<p class="error" role="alert">${error}</p>`}</div>
    <div class="acts">${phone
      ? Object.entries(CALLBACK_RESULTS).map(([result, label]) => html`<${Button} key=${result} small kind=${result === 'reached' && 'primary'} onClick=${() => setAsking(result)}>${label}<//>`)
      : html`<${Button} icon="eye" onClick=${reveal}>Hiện số để gọi<//>`}</div>
    ${asking && html`<${Confirm} title=${CALLBACK_RESULTS[asking]} yes="Xong" act=${() => post(`/callbacks/${callback.callback_id}/done`, { result: asking }).then((answer) => { if (answer.ok) onDone(); return answer; })} onClose=${() => setAsking(null)}><p>Lời xin gọi lại này sẽ rời danh sách.</p><//>`}
  </li>`;
}
