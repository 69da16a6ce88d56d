// The middle column: who it is, what was said, and the field to answer in.

import { classes, html, shortId, useNow, useState, useStore } from '../ui.js';
import { isSupervisor, me } from '../session.js';
import { claim, desk, isMine, operatorName, urgency } from '../desk.js';
import { reload } from '../log.js';
import { useKeys } from '../keys.js';
import { Button, Chip, ChannelIcon, Empty, IconButton, Trouble, Waiting } from '../parts/basic.js';
import { length } from '../time.js';
import { CHANNELS, PRIORITIES, skillName } from '../words.js';
import { Transcript } from './transcript.js';
import { Reply } from './reply.js';
import { Resolve, Return, Transfer } from './moves.js';

export function Conversation({ open, handoff, aside, onAside }) {
  switch (open.status) {
    case 'loading': return html`<section class="conversation nothing"><h1 class="sr">Cuộc trò chuyện</h1><${Waiting}>Đang mở cuộc trò chuyện…<//></section>`;
    case 'refused': return html`<section class="conversation nothing"><${Empty} icon="audit" title="Bạn không xem được cuộc này">Tổng đài viên xem được cuộc đang chờ và cuộc của mình. Lần mở này đã được ghi nhật ký.<//></section>`;
    case 'missing': return html`<section class="conversation nothing"><${Empty} icon="gap" title="Không tìm thấy cuộc này">Có thể người dân đã xóa dữ liệu của mình.<//></section>`;
    case 'failed': return html`<section class="conversation nothing"><${Trouble} reason="Chưa tải được cuộc trò chuyện." onAgain=${reload} /></section>`;
    default: return html`<${Ready} open=${open} handoff=${handoff} aside=${aside} onAside=${onAside} />`;
  }
}

function Ready({ open, handoff, aside, onAside }) {
  const { view } = useStore(desk);
  const [move, setMove] = useState(null); // transfer, return or resolve
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const mine = isMine(handoff);
  const mayMove = mine || (handoff && isSupervisor());
  const mayClaim = handoff && (handoff.stage === 'waiting' || (handoff.stage === 'offered' && handoff.operator_id === me().operator_id));
  const take = async () => {
    setBusy(true);
    const answer = await claim(handoff);
    setBusy(false);
    setError(answer.ok ? null : answer.reason);
  };
  useKeys({
    ...(mayClaim && { a: take }),
    ...(mayMove && handoff.stage === 'claimed' && { b: () => setMove('return') }),
    ...(mayMove && { t: () => setMove('transfer'), e: () => setMove('resolve') }),
  });
  const close = () => setMove(null);
  return html`<section class="conversation" aria-label=${`Cuộc trò chuyện ${shortId(open.id)}`}>
    <header class="about">
      <div class="title"><h1><${ChannelIcon} channel=${open.detail?.channel ?? handoff?.channel} size=${17} /> ${CHANNELS[open.detail?.channel ?? handoff?.channel] ?? 'Cuộc'} ${shortId(open.id)}</h1><${Standing} handoff=${handoff} view=${view} /></div>
      <div class="acts">
        ${mayMove && html`<${IconButton} icon="transfer" label="Chuyển" shortcut="T" onClick=${() => setMove('transfer')} />`}
        ${mayMove && handoff.stage === 'claimed' && html`<${IconButton} icon="back" label="Trả lại hàng đợi" shortcut="B" onClick=${() => setMove('return')} />`}
        ${mayMove && html`<button type="button" class="button" onClick=${() => setMove('resolve')} title="Kết thúc (E)" aria-keyshortcuts="E">Kết thúc</button>`}
        <${IconButton} icon="panel" label=${aside ? 'Đóng cột thông tin' : 'Mở cột thông tin'} shortcut="I" class=${classes(aside && 'on')} aria-pressed=${String(aside)} onClick=${onAside} />
      </div>
    </header>
    <${Transcript} open=${open} handoff=${handoff} />
    ${mine
      ? html`<${Reply} open=${open} handoff=${handoff} />`
      : html`<${NotMine} handoff=${handoff} view=${view} mayClaim=${mayClaim} busy=${busy} error=${error} onTake=${take} open=${open} />`}
    ${move === 'transfer' && html`<${Transfer} handoff=${handoff} view=${view} onClose=${close} />`}
    ${move === 'return' && html`<${Return} handoff=${handoff} onClose=${close} />`}
    ${move === 'resolve' && html`<${Resolve} handoff=${handoff} onClose=${close} />`}
  </section>`;
}

/** Where the conversation stands, in one line. */
function Standing({ handoff, view }) {
  const now = useNow(5_000);
  if (!handoff) return html`<p class="standing soft">Bot đang trả lời, không có ai chờ</p>`;
  const { stage, priority, need } = handoff;
  const wait_ms = now - handoff.queued_ms;
  const where = stage === 'claimed'
    ? html`<span>${isMine(handoff) ? 'Bạn giữ' : `${operatorName(view, handoff.operator_id) ?? 'Đồng nghiệp'} giữ`} ${length(now - (handoff.claimed_ms ?? now))}</span>`
    : html`<span class=${`since ${urgency(view, wait_ms)}`}>Chờ ${length(wait_ms)}${handoff.position ? `, thứ ${handoff.position}` : ''}</span>`;
  return html`<p class="standing">${where}<${Chip} tone=${priority}>${PRIORITIES[priority] ?? priority}<//>${need && html`<${Chip}>${skillName(need)}<//>`}</p>`;
}

/** In the place of the field while somebody else may write, or nobody. */
function NotMine({ handoff, view, mayClaim, busy, error, onTake }) {
  const words = !handoff
    ? 'Cuộc này đang do bot trả lời.'
    : handoff.stage === 'claimed'
      ? `${operatorName(view, handoff.operator_id) ?? 'Đồng nghiệp'} đang giữ cuộc này.${isSupervisor() ? ' Bạn chuyển hoặc kết thúc được, không nhắn thay được.' : ''}`
      : mayClaim ? 'Đọc qua rồi nhận, người dân sẽ thấy tên bạn.' : 'Cuộc này đang được mời đồng nghiệp khác.';
  return html`<footer class="take"><p>${error ? html`<span class="error" role="alert">${error}</span>` : words}</p>${mayClaim && html`<${Button} kind="primary tall" disabled=${busy} onClick=${onTake} aria-keyshortcuts="A">Nhận cuộc này <kbd>A</kbd><//>`}</footer>`;
}
