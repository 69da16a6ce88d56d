// Setting up a second factor: what the authenticator app reads, the code that proves it, the recovery codes.

import { html, useState } from '../ui.js';
import { Button, Copyable, Field, copy } from './basic.js';

/** `enrolment`: {secret, uri, qr_svg}. The drawing is shown as an image, so that nothing in it can run. */
export function Enrolment({ enrolment }) {
  return html`<div class="enrolment">
    <img class="qr" alt="Mã QR để thêm vào ứng dụng xác thực" src=${`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`} width="176" height="176" />
    <div>
      <p>Mở ứng dụng xác thực (Google Authenticator, Microsoft Authenticator, FreeOTP…), chọn thêm tài khoản và quét mã này. Mã chỉ hiện một lần.</p>
      <p class="hint">Không quét được thì nhập khóa:</p>
      <${Copyable} text=${enrolment.secret} label="Khóa của ứng dụng xác thực" />
    </div>
  </div>`;
}

export function CodeField({ value, onInput, error }) {
  return html`<${Field} id="totp" label="Mã 6 số ứng dụng đang hiện" error=${error}>
    <input id="totp" class="code" value=${value} onInput=${(event) => onInput(event.target.value.replaceAll(' ', ''))} inputmode="numeric" autocomplete="one-time-code" maxlength="6" required /><//>`;
}

/** Shown once: going on asks whether they are kept. */
export function RecoveryCodes({ codes, onDone, done = 'Vào bàn tổng đài' }) {
  const [kept, setKept] = useState(false);
  const text = codes.join('\n');
  return html`<div class="stack">
    <p>Cất các mã này ở nơi an toàn. Mất điện thoại thì mỗi mã đăng nhập được một lần. Các mã không hiện lại.</p>
    <ul class="recovery">${codes.map((code) => html`<li>${code}</li>`)}</ul>
    <p class="row"><${Button} small icon="copy" onClick=${() => copy(text)}>Chép tất cả<//>
      <a class="button small" download="ma-khoi-phuc-hotro.txt" href=${`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}>Tải về</a></p>
    <label class="check"><input type="checkbox" checked=${kept} onChange=${(event) => setKept(event.target.checked)} /> Mình đã cất các mã này</label>
    <button type="button" class="button primary tall" disabled=${!kept} onClick=${onDone}>${done}</button>
  </div>`;
}
