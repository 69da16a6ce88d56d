// The left column: what is mine, what is offered to me, who waits.

import { classes, html, useNow } from '../ui.js';
import { held, offers, operatorName, urgency } from '../desk.js';
import { unreadOf } from '../alert.js';
import { Chip, ChannelIcon } from '../parts/basic.js';
import { length, number } from '../time.js';
import { shortId } from '../ui.js';
import { CHANNELS, PRIORITIES, skillName } from '../words.js';

export function List({ view, openId }) {
  const now = useNow(5_000);
  if (!view) return html`<section class="list" aria-label="Danh sách"><p class="waiting" role="status">Đang tải danh sách…</p></section>`;
  const row = (handoff) => html`<${Row} key=${handoff.handoff_id} handoff=${handoff} view=${view} now=${now} current=${handoff.conversation_id === openId} />`;
  const mine = [...offers(view), ...held(view)];
  const more = view.waiting_total - view.waiting.length;
  return html`<section class="list" aria-label="Danh sách">
    <h2 id="mine">Của tôi <span>${mine.length}</span></h2>
    ${mine.length ? html`<ul aria-labelledby="mine">${mine.map(row)}</ul>` : html`<p class="none">Bạn chưa giữ cuộc nào.</p>`}
    <h2 id="waiting">Đang chờ <span>${number(view.waiting_total)}</span></h2>
    ${view.waiting.length ? html`<ul aria-labelledby="waiting">${view.waiting.map(row)}</ul>` : html`<p class="none">Không ai đang chờ.</p>`}
    ${more > 0 && html`<p class="none">và ${number(more)} cuộc nữa</p>`}
  </section>`;
}

function Row({ handoff, view, now, current }) {
  const { stage, channel, priority, need, preview, labels } = handoff;
  const unread = stage === 'claimed' ? unreadOf(handoff) : 0;
  const wait_ms = now - handoff.queued_ms;
  const since = stage === 'claimed'
    ? html`<span class="since" title="Tin cuối của người dân">${length(now - (handoff.last_citizen_ms ?? handoff.claimed_ms ?? now))}</span>`
    : html`<span class=${`since ${urgency(view, wait_ms)}`}><span class="sr">chờ </span>${length(wait_ms)}</span>`;
  // Only what is special is said: most people who wait have asked for a person.
  const pressing = priority !== 'asked' && (stage === 'waiting' || priority === 'complaint');
  const chips = [
    stage === 'offered' && html`<${Chip} tone="offered">${view.me.id === handoff.operator_id ? 'Mời bạn' : `Mời ${operatorName(view, handoff.operator_id) ?? 'đồng nghiệp'}`}<//>`,
    pressing && html`<${Chip} tone=${priority}>${PRIORITIES[priority] ?? priority}<//>`,
    need && html`<${Chip}>${skillName(need)}<//>`,
    ...labels.slice(0, 2).map((label) => html`<${Chip} tone="label">${label}<//>`),
  ].filter(Boolean);
  return html`<li><a class=${classes('row', current && 'current', unread > 0 && 'unread')} href=${`/console/c/${handoff.conversation_id}`} aria-current=${current ? 'true' : undefined}>
    <span class="head"><${ChannelIcon} channel=${channel} /><span class="id">${CHANNELS[channel] ?? channel} ${shortId(handoff.conversation_id)}</span>${handoff.position && html`<span class="place" title="Thứ tự trong hàng đợi">#${handoff.position}</span>`}${since}</span>
    <span class="preview">${preview || 'Chưa có tin nhắn'}</span>
    ${unread > 0 && html`<b class="badge">${unread}<span class="sr"> tin chưa đọc</span></b>`}
    ${chips.length > 0 && html`<span class="chips">${chips}</span>`}
  </a></li>`;
}
