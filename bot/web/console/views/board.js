// The live board of supervisors.

import { classes, html, shortId, useNow, useState, useStore } from '../ui.js';
import { desk, oldestQueued_ms, operatorName, target_ms, urgency } from '../desk.js';
import { Chip, ChannelIcon, Empty, Face, IconButton, Waiting } from '../parts/basic.js';
import { Tile } from '../parts/chart.js';
import { Page, Table } from '../parts/page.js';
import { length, measured, number, percent, stopwatch } from '../time.js';
import { CHANNELS, PRIORITIES, skillName } from '../words.js';
import { Resolve, Return, Transfer } from './moves.js';

export function Board() {
  const { view } = useStore(desk);
  const now = useNow(1_000);
  const [move, setMove] = useState(null); // {kind, handoff}
  if (!view?.board) return html`<${Page} title="Điều hành"><${Waiting} /><//>`;
  const { board, waiting, operators } = view;
  const level = board.service_level;
  const since_ms = oldestQueued_ms(view);
  const wait_ms = since_ms == null ? null : now - since_ms;
  const late = waiting.filter((handoff) => now - handoff.queued_ms > target_ms(view)).length;
  const accepting = operators.filter((operator) => operator.accepting).length;
  const share = level.of ? level.within / level.of : NaN;
  const close = () => setMove(null);
  return html`<${Page} title="Điều hành" lead="Cập nhật ngay khi có thay đổi">
    <dl class="tiles">
      <${Tile} label="Đang chờ" value=${number(view.waiting_total)} note=${late ? `${number(late)} cuộc quá ${measured(target_ms(view))}` : 'chưa cuộc nào quá mức'} tone=${late ? 'late' : ''} />
      <${Tile} label="Chờ lâu nhất" value=${wait_ms == null ? 'không ai' : stopwatch(wait_ms)} note=${`mức phục vụ ${measured(target_ms(view))}`} tone=${wait_ms == null ? '' : urgency(view, wait_ms)} />
      <${Tile} label="Đang phục vụ" value=${number(board.holding)} note=${`trên ${number(board.staffed_capacity)} chỗ có người trực`} />
      <${Tile} label="Tổng đài viên" value=${number(operators.length)} note=${`${number(accepting)} người đang nhận cuộc mới`} />
      <${Tile} label="Đúng mức hôm nay" value=${percent(share)} note=${`${number(level.within)} trên ${number(level.of)} cuộc`} tone=${share < 0.7 ? 'late' : share < 0.8 ? 'soon' : ''} />
      <${Tile} label="Chờ gọi lại" value=${number(view.callbacks_open)} note=${html`<a href="/console/callbacks">Xem danh sách</a>`} />
    </dl>
    <section><h2>Tổng đài viên tại bàn</h2>
      ${operators.length ? html`<ul class="seats">${operators.map((operator) => html`<${Seat} key=${operator.id} operator=${operator} />`)}</ul>` : html`<${Empty} icon="people" title="Chưa ai ngồi vào bàn" />`}</section>
    <section><h2>Đang chờ <span class="soft">${number(view.waiting_total)}</span></h2>
      ${waiting.length ? html`<${Table} caption="Các cuộc đang chờ" head=${['Thứ tự', 'Cuộc', 'Lời cuối', 'Vì sao', { label: 'Lĩnh vực', spare: true }, { label: 'Đã chờ', num: true }, '']}>
        ${waiting.map((handoff) => html`<tr key=${handoff.handoff_id}><td>${handoff.position ?? '·'}</td><th scope="row"><${Which} handoff=${handoff} /></th><td class="preview">${handoff.preview}</td>
          <td>${handoff.stage === 'offered' ? html`<${Chip} tone="offered">Mời ${operatorName(view, handoff.operator_id)}<//>` : html`<${Chip} tone=${handoff.priority}>${PRIORITIES[handoff.priority]}<//>`}</td><td class="spare">${handoff.need ? skillName(handoff.need) : html`<span class="soft">bất kỳ</span>`}</td>
          <td class="num"><span class=${`since ${urgency(view, now - handoff.queued_ms)}`}>${stopwatch(now - handoff.queued_ms)}</span></td><td class="end"><${Moves} handoff=${handoff} onMove=${setMove} /></td></tr>`)}<//>` : html`<p class="none">Không ai đang chờ.</p>`}</section>
    <section><h2>Đang phục vụ <span class="soft">${number(board.all_claimed.length)}</span></h2>
      ${board.all_claimed.length ? html`<${Table} caption="Các cuộc đang phục vụ" head=${['Cuộc', 'Lời cuối', 'Người giữ', { label: 'Đã giữ', num: true }, { label: 'Tin chưa đáp', num: true }, '']}>
        ${board.all_claimed.map((handoff) => html`<tr key=${handoff.handoff_id}><th scope="row"><${Which} handoff=${handoff} /></th><td class="preview">${handoff.preview}</td><td>${operatorName(view, handoff.operator_id) ?? 'không rõ'}</td>
          <td class="num">${length(now - handoff.claimed_ms)}</td><td class="num">${handoff.unread || html`<span class="soft">0</span>`}</td><td class="end"><${Moves} handoff=${handoff} onMove=${setMove} /></td></tr>`)}<//>` : html`<p class="none">Chưa ai giữ cuộc nào.</p>`}</section>
    ${move?.kind === 'transfer' && html`<${Transfer} handoff=${move.handoff} view=${view} onClose=${close} />`}
    ${move?.kind === 'return' && html`<${Return} handoff=${move.handoff} onClose=${close} />`}
    ${move?.kind === 'resolve' && html`<${Resolve} handoff=${move.handoff} onClose=${close} />`}
  <//>`;
}

const Which = ({ handoff }) => html`<a class="which" href=${`/console/c/${handoff.conversation_id}`}><${ChannelIcon} channel=${handoff.channel} />${CHANNELS[handoff.channel]} ${shortId(handoff.conversation_id)}</a>`;

function Moves({ handoff, onMove }) {
  const move = (kind) => () => onMove({ kind, handoff });
  return html`<span class="row-acts"><${IconButton} icon="transfer" label="Chuyển" onClick=${move('transfer')} />${handoff.stage === 'claimed' && html`<${IconButton} icon="back" label="Trả lại hàng đợi" onClick=${move('return')} />`}<${IconButton} icon="check" label="Kết thúc" onClick=${move('resolve')} /></span>`;
}

function Seat({ operator }) {
  const { display_name, accepting, holding, capacity, skills } = operator;
  return html`<li class=${classes('seat', !accepting && 'away')}><${Face} name=${display_name} />
    <div class="grow"><p><b>${display_name}</b> <span class="soft">${accepting ? '' : 'tạm ngưng'}</span></p><p class="soft skills">${skills.length ? skills.map(skillName).join(', ') : 'Mọi lĩnh vực'}</p></div>
    <div class="load" role="img" aria-label=${`giữ ${holding} trên ${capacity} cuộc`}>${Array.from({ length: Math.min(capacity, 8) }, (_, at) => html`<i class=${at < holding ? 'on' : ''}></i>`)}<span>${holding}/${capacity}</span></div></li>`;
}
