// Signing in: a name and a password, then the second factor of who has one.

import { html, useEffect, useRef, useState, useStore } from '../ui.js';
import { session, signIn } from '../session.js';
import { Field } from '../parts/basic.js';
import { Mark } from '../parts/icon.js';

/** The frame of everything that is seen before the desk. */
export function Gate({ title, lead, children }) {
  return html`<main class="gate"><div class="gate-card">
    <p class="brand"><${Mark} size=${30} />hotro<span>Bàn tổng đài 1900 9068</span></p>
    <h1>${title}</h1>${lead && html`<p class="lead">${lead}</p>`}
    ${children}
  </div></main>`;
}

export function SignIn() {
  const { lost } = useStore(session);
  const [typed, setTyped] = useState({ name: '', password: '', code: '' });
  const [factor, setFactor] = useState(null); // null, totp or recovery
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const first = useRef(null);
  const password = useRef(null);
  useEffect(() => { first.current?.focus(); }, [factor]);

  const on = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    const code = typed.code.trim();
    const answer = await signIn({ name: typed.name.trim(), password: typed.password, ...(factor && code && { [factor]: factor === 'totp' ? code.replaceAll(' ', '') : code }) });
    setBusy(false);
    if (answer.ok) return;
    if (answer.code === 'second_factor_needed' && !factor) setFactor('totp');
    else {
      setError(answer.reason);
      // A password that is wrong is found out behind the code: back to where it can be put right.
      if (answer.code === 'wrong_credentials') setFactor(null);
      setTyped((was) => ({ ...was, code: '' }));
      (factor ? first : password).current?.focus();
    }
  };
  const other = factor === 'totp' ? 'recovery' : 'totp';

  return html`<${Gate} title="Đăng nhập" lead=${lost && 'Phiên làm việc đã hết. Bạn đăng nhập lại, tin đang soạn vẫn còn nguyên.'}>
    <form class="stack" onSubmit=${submit}>
      ${!factor && html`
        <${Field} id="name" label="Tên đăng nhập"><input id="name" ref=${first} value=${typed.name} onInput=${on('name')} autocomplete="username" autocapitalize="none" spellcheck=${false} required /><//>
        <${Field} id="password" label="Mật khẩu"><input id="password" ref=${password} type="password" value=${typed.password} onInput=${on('password')} autocomplete="current-password" required /><//>`}
      ${factor === 'totp' && html`<${Field} id="code" label="Mã 6 số" hint="Mở ứng dụng xác thực trên điện thoại của bạn để xem mã.">
        <input id="code" key="totp" ref=${first} class="code" value=${typed.code} onInput=${on('code')} inputmode="numeric" autocomplete="one-time-code" maxlength="7" required /><//>`}
      ${factor === 'recovery' && html`<${Field} id="code" label="Mã khôi phục" hint="Mỗi mã dùng được một lần.">
        <input id="code" key="recovery" ref=${first} class="code" value=${typed.code} onInput=${on('code')} autocomplete="off" spellcheck=${false} required /><//>`}
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <button class="button primary tall" disabled=${busy}>${busy ? 'Đang kiểm tra…' : factor ? 'Xác nhận' : 'Đăng nhập'}</button>
      ${factor && html`<p class="aside"><button type="button" class="link" onClick=${() => { setFactor(other); setTyped({ ...typed, code: '' }); }}>${other === 'recovery' ? 'Không có điện thoại? Dùng mã khôi phục' : 'Dùng mã 6 số'}</button>
        <button type="button" class="link" onClick=${() => { setFactor(null); setError(null); }}>Quay lại</button></p>`}
    </form>
  <//>`;
}
