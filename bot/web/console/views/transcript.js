// What was said, from the first word on: the bot's part with how each answer ended, operators, notes, and what is being sent.

import { Fragment, classes, html, useEffect, useLayoutEffect, useNow, useRef, useState, useStore } from '../ui.js';
import { isMine, typing } from '../desk.js';
import { outbox, drop, pendingOf, sendAgain } from '../outbox.js';
import { Button } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { Message } from '../parts/message.js';
import { clock, day, percent, sameDay } from '../time.js';
import { ENDED_BY_CITIZEN, HANDOFF_REASONS, OUTCOMES, RECORD_PARTS, RELEASES, RESOLUTIONS, UNSUPPORTED, skillName } from '../words.js';

const GROUP_MS = 180_000; // what one person says within this is one block
const NEAR_END_PX = 80;

export function Transcript({ open, handoff }) {
  const items = useStore(outbox);
  const typingUntil_ms = useStore(typing).get(open.id) ?? 0;
  const now = useNow(1_000);
  const box = useRef(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(0);
  const pending = pendingOf(items, open.id, open.events);
  const seen = useRef(open.events.length);

  // Whoever reads further up is not torn away, but told.
  useLayoutEffect(() => {
    const node = box.current;
    if (atEnd.current) {
      node.scrollTop = node.scrollHeight;
      setBelow(0);
    } else setBelow((n) => n + Math.max(0, open.events.length - seen.current));
    seen.current = open.events.length;
  }, [open.events.length, pending.length, typingUntil_ms > now]);
  useEffect(() => {
    const node = box.current;
    const grown = new ResizeObserver(() => { if (atEnd.current) node.scrollTop = node.scrollHeight; });
    // The field below grows, and photos that arrive late make the text longer.
    for (const part of [node, node.firstElementChild]) grown.observe(part);
    return () => grown.disconnect();
  }, []);
  const onScroll = ({ currentTarget: node }) => {
    atEnd.current = node.scrollHeight - node.clientHeight - node.scrollTop < NEAR_END_PX;
    if (atEnd.current) setBelow(0);
  };
  const toEnd = () => { atEnd.current = true; box.current.scrollTo({ top: box.current.scrollHeight }); setBelow(0); };

  return html`<div class="transcript-box">
    <div class="transcript" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label="Nội dung trò chuyện">
      <ol>${rows(open.events)}
        ${pending.map((item) => html`<${Pending} key=${item.client_id} item=${item} handoff=${handoff} />`)}
        ${typingUntil_ms > now && html`<li class="said citizen typing"><span class="sr">Người dân đang gõ</span><i></i><i></i><i></i></li>`}
      </ol>
    </div>
    ${below > 0 && html`<button type="button" class="below" onClick=${toEnd}><${Icon} name="down" size=${15} />${below} tin mới</button>`}
    ${open.link === 'lost' && html`<p class="link-lost" role="status">Đang nối lại cuộc này…</p>`}
  </div>`;
}

function rows(events) {
  let before = null;
  return events.map((event) => {
    const drawn = draw(event, before);
    if (!drawn) return null;
    const newDay = !before || !sameDay(before.at_ms, event.at_ms);
    before = event;
    return html`<${Fragment} key=${event.seq}>${newDay && html`<li class="day"><span>${day(event.at_ms)}</span></li>`}${drawn}<//>`;
  });
}

function draw(event, before) {
  switch (event.kind) {
    case 'citizen_message': return said('citizen', event, before, html`<p class="text">${event.text}</p>${event.masked && html`<p class="masked"><${Icon} name="eye" size=${13} /> Số hoặc mã đã được che</p>`}`);
    case 'citizen_choice': return said('citizen', event, before, html`<p class="text tapped">${event.label}</p>`);
    case 'citizen_unsupported': return said('citizen', event, before, html`<p class="text soft">Gửi ${UNSUPPORTED[event.what] ?? 'nội dung'} mà bot không đọc được</p>`);
    case 'citizen_attachment': return said('citizen', event, before, html`<${Attachment} event=${event} />`);
    case 'bot_message': return said('bot', event, before, html`<${Message} message=${event.message} />`, 'Bot', html`<${Decision} event=${event} />`);
    case 'operator_message': return said('operator', event, before, html`<p class="text">${event.text}</p>`, event.operator);
    case 'operator_answer': return said('operator', event, before, html`<${Message} message=${event.message} choices=${false} />`, event.operator, html`<span class="outcome answer">Câu trả lời có sẵn</span>`);
    case 'operator_note': return html`<li class="note-row"><p class="who"><${Icon} name="note" size=${14} /> ${event.operator} ghi chú · ${clock(event.at_ms)}</p><p class="text">${event.text}</p></li>`;
    default: {
      const words = happened(event);
      return words && html`<li class="happened"><span>${words} · ${clock(event.at_ms)}</span></li>`;
    }
  }
}

function said(who, event, before, body, name, extra) {
  const same = before && whoOf(before) === whoOf(event) && event.at_ms - before.at_ms < GROUP_MS && !extra;
  return html`<li class=${classes('said', who, same && 'same')}>
    ${!same && html`<p class="who">${name ?? 'Người dân'} · <time datetime=${new Date(event.at_ms).toISOString()}>${clock(event.at_ms)}</time>${extra}</p>`}
    <div class="bubble">${body}</div>
  </li>`;
}
const whoOf = (event) => (event.kind.startsWith('citizen') ? 'citizen' : event.kind === 'bot_message' ? 'bot' : event.operator ?? event.kind);

/** How the bot's answer ended, and what decided it. */
function Decision({ event: { outcome, decided } }) {
  const best = decided?.candidates?.[0];
  const label = html`<span class=${`outcome ${outcome}`}>${OUTCOMES[outcome] ?? outcome}${best ? ` ${percent(best.probability)}` : ''}</span>`;
  if (!best) return label;
  return html`<details class="decision"><summary>${label}<span class="sr">, xem bot đã cân nhắc gì</span></summary>
    <table><caption>Bot đã cân nhắc</caption><tbody>${decided.candidates.slice(0, 4).map((candidate) => html`<tr class=${classes(candidate.topic === decided.topic && 'chosen')}><td>${candidate.topic}</td><td>${percent(candidate.probability)}</td></tr>`)}</tbody></table>
    <p>Trả lời khi chắc từ ${percent(decided.answer_threshold)}.</p></details>`;
}

function Attachment({ event: { attachment, media_type, bytes } }) {
  const href = `/api/desk/attachments/${attachment}`;
  const size = bytes ? `${Math.max(1, Math.round(bytes / 1024))} kB` : '';
  if (media_type?.startsWith('image/')) return html`<a class="photo" href=${href} target="_blank" rel="noopener noreferrer"><img src=${href} alt="Ảnh người dân gửi" loading="lazy" /></a>`;
  return html`<a class="file" href=${href} target="_blank" rel="noopener noreferrer"><${Icon} name="file" /> Tệp người dân gửi <span class="soft">${size}</span></a>`;
}

function happened(event) {
  switch (event.kind) {
    case 'started': return 'Bắt đầu trò chuyện';
    case 'verified': return `Đã xác minh, mã số tận cùng ${event.ending}`;
    case 'verification_ended': return 'Phiên xác minh đã kết thúc';
    case 'personal_message': return 'Bot đã hiện thông tin cá nhân (nội dung được niêm phong)';
    case 'record_revealed': return `${event.operator} đã mở hồ sơ: ${RECORD_PARTS[event.what] ?? event.what}`;
    case 'lookup_failed': return 'Tra cứu không có kết quả';
    case 'erased': return 'Mục đã xóa theo yêu cầu của người dân';
    case 'erase_done': return `Đã xóa dữ liệu, biên nhận ${event.receipt}`;
    case 'handoff_requested': return HANDOFF_REASONS[event.reason] ?? 'Chuyển tổng đài viên';
    case 'handoff_left': return 'Người dân rời hàng đợi';
    case 'handoff_claimed': return `${event.operator} đã nhận cuộc này`;
    case 'handoff_released': {
      const to = event.to_operator ?? (event.to_skill && skillName(event.to_skill));
      if (to) return `${event.operator ?? 'Tổng đài viên'} chuyển sang ${to}`;
      return `Về lại hàng đợi: ${event.operator ? `${event.operator} ` : ''}${RELEASES[event.why] ?? event.why}`;
    }
    case 'handoff_resolved': return `Đã kết thúc: ${RESOLUTIONS[event.reason]?.[0] ?? ENDED_BY_CITIZEN}`;
    case 'callback_asked': return event.from_ms ? `Người dân xin gọi lại từ ${clock(event.from_ms)} đến ${clock(event.to_ms)}` : 'Người dân xin gọi lại';
    case 'labels_changed': return `${event.operator} đổi nhãn: ${event.labels.length ? event.labels.join(', ') : 'không còn nhãn'}`;
    case 'rated': return `Người dân chấm ${event.stars} trên 5${event.words ? `: “${event.words}”` : ''}`;
    default: return null; // A newer server may know more: what is unknown is left out.
  }
}

/** What the log does not show yet. */
function Pending({ item, handoff }) {
  const { client_id, kind, text, failed } = item;
  // Retrying makes sense under the present claim only.
  const again = kind === 'note' || isMine(handoff);
  return html`<li class=${classes(kind === 'note' ? 'note-row' : 'said operator', 'pending', failed && 'failed')}>
    <div class="bubble"><p class="text">${text}</p></div>
    <p class="fate" role=${failed ? 'alert' : undefined}>${failed ? html`${failed} Tin này chưa được gửi. ${again && html`<${Button} small onClick=${() => sendAgain(client_id, handoff?.fence)}>Gửi lại<//>`}<${Button} small onClick=${() => drop(client_id)}>Bỏ<//>` : 'đang gửi'}</p>
  </li>`;
}
