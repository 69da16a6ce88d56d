// The frame of the console: the rail of views, the bar with what is always to be seen, the view itself.

import { classes, html, useEffect, useNow, useRef, useState, useStore } from '../ui.js';
import { isSupervisor, me } from '../session.js';
import { go, route } from '../route.js';
import { accept, desk, held, oldestQueued_ms, urgency } from '../desk.js';
import { askToNotify } from '../alert.js';
import { log } from '../log.js';
import { drop, outbox } from '../outbox.js';
import { useKeys } from '../keys.js';
import { length, number, opening, stopwatch } from '../time.js';
import { Icon, Mark } from '../parts/icon.js';
import { Button, Face, IconButton, Switch, copy } from '../parts/basic.js';
import { Account } from './account.js';
import { Help } from './help.js';
import { Offer } from './offer.js';
import { Desk } from './desk.js';
import { Callbacks } from './callbacks.js';
import { Board } from './board.js';
import { Statistics } from './statistics.js';
import { Gaps } from './gaps.js';
import { Canned } from './canned.js';
import { News } from './news.js';
import { Places } from './places.js';
import { Operators } from './operators.js';
import { Settings } from './settings.js';
import { Audit } from './audit.js';

const QUOTED_MAX = 60; // characters

/** `short` stands in the rail. */
const VIEWS = {
  desk: { path: '/console', icon: 'desk', short: 'Bàn trực', view: Desk },
  callbacks: { icon: 'phone', short: 'Gọi lại', view: Callbacks },
  board: { icon: 'board', short: 'Điều hành', view: Board, supervisors: true },
  statistics: { icon: 'chart', short: 'Thống kê', view: Statistics, supervisors: true },
  gaps: { icon: 'gap', short: 'Còn thiếu', view: Gaps, supervisors: true },
  canned: { icon: 'canned', short: 'Câu mẫu', view: Canned },
  places: { icon: 'place', short: 'Địa điểm', view: Places },
  news: { icon: 'news', short: 'Tin', view: News, supervisors: true },
  operators: { icon: 'people', short: 'Nhân sự', view: Operators, supervisors: true },
  settings: { icon: 'calendar', short: 'Lịch', view: Settings, supervisors: true },
  audit: { icon: 'audit', short: 'Nhật ký', view: Audit, supervisors: true },
};

export function Shell() {
  const { view: name } = useStore(route);
  const { view } = useStore(desk);
  const [open, setOpen] = useState(null); // account, help
  const [said, setSaid] = useState(null);
  const main = useRef(null);
  const before = useRef(name);
  const shown = VIEWS[name] && (!VIEWS[name].supervisors || isSupervisor()) ? VIEWS[name] : VIEWS.desk;
  const accepting = !!view?.me.seat?.accepting;
  const change = async (on) => {
    if (on) askToNotify();
    const answer = await accept(on);
    setSaid(answer.ok ? null : answer.reason);
  };
  useKeys({ '?': () => setOpen('help'), p: () => change(!accepting) });
  // Another view is another page: what reads the screen aloud starts at its top.
  useEffect(() => {
    if (before.current !== name) main.current?.focus({ preventScroll: true });
    before.current = name;
  }, [name]);

  const item = (key) => {
    const { path = `/console/${key}`, icon, short } = VIEWS[key];
    const count = key === 'callbacks' ? view?.callbacks_open : 0;
    return html`<a key=${key} href=${path} aria-current=${shown === VIEWS[key] ? 'page' : undefined} title=${short}><${Icon} name=${icon} size=${20} /><span>${short}</span>${count > 0 && html`<b class="count">${count}<span class="sr"> đang chờ</span></b>`}</a>`;
  };
  const allowed = Object.keys(VIEWS).filter((key) => !VIEWS[key].supervisors || isSupervisor());
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>Tới nội dung</a>
    <div class="app"><nav class="rail" aria-label="Các trang"><a class="home" href="/console" aria-label="hotro, bàn trực"><${Mark} size=${30} /></a>${allowed.map(item)}</nav>
    <div class="stage"><header class="top">
      <${Waits} view=${view} />
      <div class="self">
        ${said && html`<span class="error" role="alert">${said}</span>`}
        ${view?.me.seat && html`<span class="held" title="Số cuộc bạn đang giữ trên số cuộc được giao"><b>${held(view).length}</b>/${view.me.seat.capacity} cuộc</span>`}
        <${Switch} on=${accepting} label=${accepting ? 'Đang nhận cuộc mới' : 'Tạm ngưng nhận'} hint="Bật hoặc tắt nhận cuộc mới (P)" disabled=${!view} onChange=${change} />
        <${IconButton} icon="keyboard" label="Phím tắt" shortcut="?" onClick=${() => setOpen('help')} />
        <button type="button" class="person" onClick=${() => setOpen('account')}><${Face} name=${me().display_name} /><span class="sr">Tài khoản của </span><span class="name">${me().display_name}</span></button>
      </div>
    </header>
    <${Link} />
    <${Notices} view=${view} accepting=${accepting} onStart=${() => change(true)} />
    <${Unsent} />
    <${Offer} />
    <main id="main" ref=${main} tabindex="-1" class=${classes('view', `view-${shown === VIEWS.desk ? 'desk' : 'page'}`)}><${shown.view} /></main></div></div>
    ${open === 'account' && html`<${Account} onClose=${() => setOpen(null)} />`}
    ${open === 'help' && html`<${Help} onClose=${() => setOpen(null)} />`}`;
}

/** How many wait and for how long: always to be seen. */
function Waits({ view }) {
  const now = useNow(1_000);
  if (!view) return html`<p class="waits"></p>`;
  const since_ms = oldestQueued_ms(view);
  if (since_ms == null) return html`<p class="waits"><span class="pulse calm"></span>Không ai đang chờ</p>`;
  const wait_ms = now - since_ms;
  return html`<p class=${`waits ${urgency(view, wait_ms)}`}><span class="pulse"></span><b>${number(view.waiting_total)}</b> đang chờ<span class="dot">·</span>lâu nhất <b class="watch">${stopwatch(wait_ms)}</b></p>`;
}

/** A lost connection, calmly. */
function Link() {
  const { link, view } = useStore(desk);
  if (link !== 'lost') return null;
  return html`<p class="strip lost" role="status">${view ? 'Đang nối lại với máy chủ. Bạn cứ soạn tiếp, tin sẽ được gửi khi có mạng.' : 'Chưa nối được với máy chủ, đang thử lại.'}</p>`;
}

/** What was refused in a conversation that is not on the screen, and may never be again: its words are not lost. */
function Unsent() {
  const items = useStore(outbox);
  const { id } = useStore(route);
  const open = useStore(log);
  const isShown = (item) => item.conversation_id === id && open?.status === 'ready';
  const item = items.find((one) => one.failed && !isShown(one));
  if (!item) return null;
  return html`<p class="strip lost" role="alert"><span>Một tin chưa gửi được: “${[...item.text].slice(0, QUOTED_MAX).join('')}”. ${item.failed}</span>
    <${Button} small icon="copy" onClick=${() => copy(item.text)}>Chép<//><${Button} small onClick=${() => drop(item.client_id)}>Bỏ<//></p>`;
}

/** What an operator should know before they wonder. */
function Notices({ view, accepting, onStart }) {
  const now = useNow(10_000);
  if (!view) return null;
  if (!view.handoff_enabled) return html`<p class="strip note">Chuyển tổng đài viên đang tắt: người dân chỉ nói chuyện với bot. ${isSupervisor() && html`<a href="/console/settings">Mở công tắc</a>`}</p>`;
  if (!view.bot_enabled) return html`<p class="strip note">Bot đang tắt: người dân nhận được lời nhắn bạn đặt. ${isSupervisor() && html`<a href="/console/settings">Mở công tắc</a>`}</p>`;
  if (!view.open) return html`<p class="strip note">Ngoài giờ làm việc.${view.next_opening_ms ? ` Mở lại ${opening(view.next_opening_ms)}, sau ${length(view.next_opening_ms - now)}.` : ''} Người dân vẫn để lại lời nhắn được.</p>`;
  if (!accepting && !isSupervisor()) return html`<p class="strip calm" role="status">Bạn đang tạm ngưng, chưa nhận cuộc mới. <${Button} small kind="primary" onClick=${onStart}>Bắt đầu nhận<//></p>`;
  return null;
}
