// One's own account: password, second factor, sound and notifications, signing out.

import { html, useState, useStore } from '../ui.js';
import { post } from '../api.js';
import { me, refresh, signOut, signOutEverywhere } from '../session.js';
import { forgetEverything } from '../outbox.js';
import { askToNotify, canNotify, setSound, sound } from '../alert.js';
import { Button, Dialog, Field, Switch } from '../parts/basic.js';
import { CodeField, Enrolment, RecoveryCodes } from '../parts/factor.js';
import { ROLES, skillName } from '../words.js';
import { Gate } from './sign-in.js';

/** Password, QR code, code, recovery codes; `onDone` when the second factor stands. */
function SetUpFactor({ onDone, done }) {
  const [password, setPassword] = useState('');
  const [enrolment, setEnrolment] = useState(null);
  const [totp, setTotp] = useState('');
  const [codes, setCodes] = useState(null);
  const [error, setError] = useState(null);
  const begin = async (event) => {
    event.preventDefault();
    const answer = await post('/session/factor', { password });
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) setEnrolment(answer.body);
  };
  const confirm = async (event) => {
    event.preventDefault();
    const answer = await post('/session/factor/confirm', { totp });
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) setCodes(answer.body.recovery_codes);
  };
  if (codes) return html`<${RecoveryCodes} codes=${codes} onDone=${onDone} done=${done} />`;
  if (enrolment) {
    return html`<form class="stack" onSubmit=${confirm}><${Enrolment} enrolment=${enrolment} /><${CodeField} value=${totp} onInput=${setTotp} error=${error} />
      <button class="button primary" disabled=${totp.length < 6}>Xác nhận</button></form>`;
  }
  return html`<form class="stack" onSubmit=${begin}>
    <${Field} id="factor-password" label="Mật khẩu hiện tại" error=${error}><input id="factor-password" type="password" value=${password} onInput=${(event) => setPassword(event.target.value)} autocomplete="current-password" required /><//>
    <button class="button primary">Tiếp tục</button></form>`;
}

/** For a supervisor who has none yet: nothing else can be done before. */
export function FactorNeeded() {
  return html`<${Gate} title="Xác thực hai lớp" lead="Giám sát viên cần xác thực hai lớp trước khi vào bàn tổng đài.">
    <${SetUpFactor} onDone=${refresh} />
    <p class="aside"><button type="button" class="link" onClick=${signOut}>Đăng xuất</button></p>
  <//>`;
}

function ChangePassword({ onDone }) {
  const [typed, setTyped] = useState({ current: '', new: '' });
  const [error, setError] = useState(null);
  const on = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    const answer = await post('/session/password', typed);
    if (answer.ok) onDone('Đã đổi mật khẩu. Các trình duyệt khác đã được đăng xuất.');
    else setError(answer.reason);
  };
  return html`<form class="stack" onSubmit=${submit}>
    <${Field} id="current" label="Mật khẩu hiện tại"><input id="current" type="password" value=${typed.current} onInput=${on('current')} autocomplete="current-password" required /><//>
    <${Field} id="next" label="Mật khẩu mới" hint="Ít nhất 12 ký tự." error=${error}><input id="next" type="password" value=${typed.new} onInput=${on('new')} autocomplete="new-password" required /><//>
    <button class="button primary">Đổi mật khẩu</button></form>`;
}

export function Account({ onClose }) {
  const mine = me();
  const [part, setPart] = useState(null); // password, factor
  const [said, setSaid] = useState(null);
  const [permission, setPermission] = useState(canNotify());
  const ringing = useStore(sound);
  const finish = (words) => { setPart(null); setSaid(words); refresh(); };
  const out = async (how) => { onClose(); const answer = await how(); if (answer.ok) forgetEverything(); };
  const hasFactor = mine.second_factor ? `Đang bật, còn ${mine.recovery_codes_left} mã khôi phục.` : 'Chưa bật.';
  return html`<${Dialog} title="Tài khoản của bạn" onClose=${onClose}><div class="body stack">
    <div class="who"><b>${mine.display_name}</b><span class="soft">${mine.name} · ${ROLES[mine.role]} · tối đa ${mine.capacity} cuộc cùng lúc</span>
      <span class="soft">${mine.skills.length ? `Phụ trách: ${mine.skills.map(skillName).join(', ')}` : 'Phụ trách mọi lĩnh vực'}</span></div>
    ${said && html`<p class="good" role="status">${said}</p>`}
    <section class="setting"><div><h3>Âm báo</h3><p class="soft">Kêu ngắn khi có cuộc mời hoặc tin mới.</p></div><${Switch} on=${ringing} label=${ringing ? 'Bật' : 'Tắt'} onChange=${setSound} /></section>
    ${permission && html`<section class="setting"><div><h3>Thông báo của trình duyệt</h3><p class="soft">${permission === 'denied' ? 'Trình duyệt đang chặn. Bạn mở lại trong phần cài đặt của trang.' : 'Hiện khi bạn đang ở cửa sổ khác. Không kèm lời của người dân.'}</p></div>
      ${permission === 'granted' ? html`<span class="good">Đang bật</span>` : permission === 'default' && html`<${Button} small onClick=${async () => setPermission(await askToNotify())}>Bật<//>`}</section>`}
    <section class="setting"><div><h3>Mật khẩu</h3></div><${Button} small aria-expanded=${part === 'password'} onClick=${() => setPart(part === 'password' ? null : 'password')}>Đổi<//></section>
    ${part === 'password' && html`<${ChangePassword} onDone=${finish} />`}
    <section class="setting"><div><h3>Xác thực hai lớp</h3><p class="soft">${hasFactor}</p></div><${Button} small aria-expanded=${part === 'factor'} onClick=${() => setPart(part === 'factor' ? null : 'factor')}>${mine.second_factor ? 'Thiết lập lại' : 'Thiết lập'}<//></section>
    ${part === 'factor' && html`<${SetUpFactor} done="Xong" onDone=${() => finish('Đã đổi xác thực hai lớp.')} />`}
  </div><footer><${Button} onClick=${() => out(signOutEverywhere)}>Đăng xuất mọi nơi<//><${Button} kind="primary" icon="leave" onClick=${() => out(signOut)}>Đăng xuất<//></footer><//>`;
}
