// The switches, the service level and the calendar.

import { html, useState } from '../ui.js';
import { get, put } from '../api.js';
import { desk } from '../desk.js';
import { Button, Confirm, Field, IconButton, Loaded, Switch } from '../parts/basic.js';
import { Page } from '../parts/page.js';
import { spokenDay } from '../time.js';
import { WEEKDAYS } from '../words.js';

const MESSAGE_MAX = 500; // characters
const SPAN = /^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/;

export function Settings() {
  return html`<${Page} narrow title="Lịch và công tắc" lead="Giờ Việt Nam. Mỗi thay đổi được ghi nhật ký.">
    <${Loaded} load=${() => get('/settings')}>${(settings) => html`<${Form} settings=${settings} />`}<//><//>`;
}

/** 8:00-11:30 and 08:00 – 11:30 are meant alike. */
const tidy = (text) => text.split(/[,;]/).map((span) => span.replace(/\s/g, '').replace('–', '-').replace(/(^|-)(\d):/g, '$10$2:')).filter(Boolean);

function Form({ settings }) {
  const [edited, setEdited] = useState({ ...settings, week: Object.fromEntries(Object.keys(WEEKDAYS).map((day) => [day, (settings.calendar[day] ?? []).join(', ')])) });
  const [holidays, setHolidays] = useState(settings.calendar.holidays);
  const [swaps, setSwaps] = useState(settings.calendar.swaps);
  const [added, setAdded] = useState({ from: '', to: '', off: '', on: '' });
  const [wrong, setWrong] = useState({});
  const [error, setError] = useState(null);
  const [saved, setSaved] = useState(false);
  const [off, setOff] = useState(null); // the switch that is about to be turned off
  const change = (what) => { setEdited({ ...edited, ...what }); setSaved(false); };

  const collect = (base) => {
    const week = Object.fromEntries(Object.entries(base.week).map(([day, text]) => [day, tidy(text)]));
    setWrong(Object.fromEntries(Object.entries(week).filter(([, spans]) => spans.some((span) => !SPAN.test(span) || span.slice(0, 5) >= span.slice(6)))));
    return { bot_enabled: base.bot_enabled, handoff_enabled: base.handoff_enabled, message: base.message.trim(), service_level_s: Number(base.service_level_s), calendar: { ...week, holidays, swaps } };
  };
  const save = async (base = edited) => {
    const body = collect(base);
    const answer = await put('/settings', body);
    setError(answer.ok ? null : answer.reason);
    setSaved(answer.ok);
    if (answer.ok) {
      setEdited(base);
      // Whoever flips a switch sees it at once; the view of the others follows.
      desk.change((was) => (was.view ? { ...was, view: { ...was.view, bot_enabled: body.bot_enabled, handoff_enabled: body.handoff_enabled } } : was));
    }
    return answer;
  };
  // A switch acts at once: whoever needs it is in a hurry.
  const flip = (name) => (on) => { if (on) save({ ...edited, [name]: true }); else setOff(name); };
  const names = { bot_enabled: 'bot', handoff_enabled: 'chuyển tổng đài viên' };
  const addHoliday = () => { setHolidays([...holidays, added.to && added.to !== added.from ? `${added.from}..${added.to}` : added.from].sort()); setAdded({ ...added, from: '', to: '' }); setSaved(false); };
  const addSwap = () => { setSwaps([...swaps, { off: added.off, on: added.on }].sort((a, b) => a.off.localeCompare(b.off))); setAdded({ ...added, off: '', on: '' }); setSaved(false); };
  const on = (name) => (event) => setAdded({ ...added, [name]: event.target.value });
  return html`
    <section class="panel"><h2>Công tắc</h2>
      <div class="setting"><div><h3>Bot trả lời</h3><p class="soft">Tắt thì người dân chỉ nhận lời nhắn bên dưới và số tổng đài.</p></div><${Switch} on=${edited.bot_enabled} label=${edited.bot_enabled ? 'Đang bật' : 'Đang tắt'} onChange=${flip('bot_enabled')} /></div>
      <div class="setting"><div><h3>Chuyển tổng đài viên</h3><p class="soft">Tắt thì không ai vào hàng đợi nữa. Người đang chờ vẫn được phục vụ.</p></div><${Switch} on=${edited.handoff_enabled} label=${edited.handoff_enabled ? 'Đang bật' : 'Đang tắt'} onChange=${flip('handoff_enabled')} /></div>
      <${Field} id="message" label="Lời nhắn cho người dân khi tắt"><textarea id="message" rows="2" maxlength=${MESSAGE_MAX} value=${edited.message} placeholder="Ví dụ: Hệ thống đang bảo trì đến 14:00. Bạn gọi 1900 9068 nhé." onInput=${(event) => change({ message: event.target.value })}></textarea><//>
    </section>
    <section class="panel"><h2>Mức phục vụ</h2><${Field} id="level" label="Nhận cuộc trong (giây)" hint="Thời gian chờ chuyển vàng ở 60 %, đỏ khi quá mức này."><input id="level" type="number" class="few" min="10" max="3600" value=${edited.service_level_s} onInput=${(event) => change({ service_level_s: event.target.value })} /><//></section>
    <section class="panel"><h2>Giờ làm việc</h2><p class="soft">Nhiều ca cách nhau bằng dấu phẩy; nghỉ trưa là khoảng giữa hai ca. Để trống là nghỉ.</p>
      <div class="week">${Object.entries(WEEKDAYS).map(([day, name]) => html`<label for=${day}>${name}</label><div><input id=${day} value=${edited.week[day]} placeholder="nghỉ" aria-invalid=${String(!!wrong[day])} onInput=${(event) => change({ week: { ...edited.week, [day]: event.target.value } })} />${wrong[day] && html`<p class="error">Viết như 08:00-11:30, 13:30-17:00</p>`}</div>`)}</div></section>
    <section class="panel"><h2>Ngày nghỉ</h2>
      <ul class="days">${holidays.map((holiday) => html`<li key=${holiday}>${holiday.split('..').map(spokenDay).join(' đến ')}<${IconButton} icon="close" label=${`Bỏ ngày nghỉ ${spokenDay(holiday.split('..')[0])}`} onClick=${() => { setHolidays(holidays.filter((other) => other !== holiday)); setSaved(false); }} /></li>`)}</ul>
      <p class="row"><label>Từ <input type="date" value=${added.from} onInput=${on('from')} /></label><label>đến <input type="date" value=${added.to} min=${added.from} onInput=${on('to')} /></label><${Button} small icon="plus" disabled=${!added.from} onClick=${addHoliday}>Thêm ngày nghỉ<//></p></section>
    <section class="panel"><h2>Làm bù</h2><p class="soft">Nghỉ một ngày làm việc và làm bù vào ngày khác, theo giờ của ngày nghỉ.</p>
      <ul class="days">${swaps.map((swap) => html`<li key=${swap.off}>Nghỉ ${spokenDay(swap.off)}, làm bù ${spokenDay(swap.on)}<${IconButton} icon="close" label=${`Bỏ ngày làm bù ${spokenDay(swap.on)}`} onClick=${() => { setSwaps(swaps.filter((other) => other !== swap)); setSaved(false); }} /></li>`)}</ul>
      <p class="row"><label>Nghỉ <input type="date" value=${added.off} onInput=${on('off')} /></label><label>làm bù <input type="date" value=${added.on} onInput=${on('on')} /></label><${Button} small icon="plus" disabled=${!added.off || !added.on} onClick=${addSwap}>Thêm ngày làm bù<//></p></section>
    <div class="save-bar">${error && html`<p class="error" role="alert">${error}</p>`}${saved && html`<p class="good" role="status">Đã lưu.</p>`}<${Button} kind="primary tall" onClick=${() => save()}>Lưu lịch và lời nhắn<//></div>
    ${off && html`<${Confirm} title=${`Tắt ${names[off]}`} yes="Tắt ngay" kind="danger" act=${() => save({ ...edited, [off]: false })} onClose=${() => setOff(null)}><p>Người dân sẽ đọc lời nhắn này:</p><blockquote>${edited.message.trim() || 'Lời nhắn mặc định với số 1900 9068.'}</blockquote><//>`}`;
}
