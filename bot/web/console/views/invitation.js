// Accepting an invitation: a password, the second factor, the recovery codes.
//
// The token stands behind the # of the link, so no server log has it; it leaves the address as soon as it is read.

import { html, useEffect, useState } from '../ui.js';
import { post } from '../api.js';
import { refresh } from '../session.js';
import { go } from '../route.js';
import { Field, Trouble, Waiting } from '../parts/basic.js';
import { CodeField, Enrolment, RecoveryCodes } from '../parts/factor.js';
import { ROLES } from '../words.js';
import { Gate } from './sign-in.js';

const PASSWORD_CHARS_MIN = 12;

const token = location.pathname === '/console/invitation' ? location.hash.slice(1) : '';
if (token) history.replaceState(null, '', location.pathname);

export function Invitation() {
  const [invited, setInvited] = useState(null);
  const [closed, setClosed] = useState(null);
  const [step, setStep] = useState('password'); // password, factor, codes
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [enrolment, setEnrolment] = useState(null);
  const [totp, setTotp] = useState('');
  const [codes, setCodes] = useState([]);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);

  const ask = async () => {
    setClosed(null);
    const answer = await post('/invitation', { token });
    if (answer.ok) setInvited(answer.body);
    else setClosed(answer);
  };
  useEffect(() => { ask(); }, []);

  const done = async () => {
    await refresh();
    go('/console', { replace: true });
  };
  const beginFactor = async (event) => {
    event.preventDefault();
    if ([...password].length < PASSWORD_CHARS_MIN) return setError(`Mật khẩu cần ít nhất ${PASSWORD_CHARS_MIN} ký tự. Một câu dài dễ nhớ là tốt nhất.`);
    if (password !== again) return setError('Hai lần nhập chưa giống nhau.');
    setError(null);
    setBusy(true);
    const answer = await post('/invitation/factor', { token });
    setBusy(false);
    if (!answer.ok) return setError(answer.reason);
    setEnrolment(answer.body);
    setStep('factor');
  };
  const accept = async (code) => {
    setBusy(true);
    setError(null);
    const answer = await post('/invitation/accept', { token, password, ...(code && { totp: code }) });
    setBusy(false);
    if (!answer.ok) {
      setError(answer.reason);
      if (answer.code?.startsWith('password')) setStep('password');
      return;
    }
    setCodes(answer.body.recovery_codes);
    if (answer.body.recovery_codes.length) setStep('codes');
    else done();
  };

  if (closed) {
    const over = closed.code === 'invitation_closed';
    return html`<${Gate} title="Lời mời"><${Trouble} reason=${closed.reason} onAgain=${over ? null : ask} />
      ${over && html`<p class="aside"><a class="link" href="/console">Tới trang đăng nhập</a></p>`}<//>`;
  }
  if (!invited) return html`<${Gate} title="Lời mời"><${Waiting} /><//>`;

  if (step === 'codes') return html`<${Gate} title="Mã khôi phục"><${RecoveryCodes} codes=${codes} onDone=${done} /><//>`;
  if (step === 'factor') {
    return html`<${Gate} title="Xác thực hai lớp" lead="Bước 2 trên 2. Mỗi lần đăng nhập bạn nhập thêm mã 6 số trên điện thoại.">
      <form class="stack" onSubmit=${(event) => { event.preventDefault(); accept(totp); }}>
        <${Enrolment} enrolment=${enrolment} />
        <${CodeField} value=${totp} onInput=${setTotp} error=${error} />
        <button class="button primary tall" disabled=${busy || totp.length < 6}>Xác nhận</button>
        ${!invited.second_factor_required && html`<p class="aside"><button type="button" class="link" onClick=${() => accept(null)}>Để sau</button></p>`}
      </form>
    <//>`;
  }
  return html`<${Gate} title=${`Chào ${invited.display_name}`} lead=${`Bạn được mời làm ${ROLES[invited.role].toLowerCase()}. Bước 1 trên 2: đặt mật khẩu.`}>
    <form class="stack" onSubmit=${beginFactor}>
      <input class="sr" tabindex="-1" aria-hidden="true" readonly value=${invited.name} autocomplete="username" />
      <p class="row">Tên đăng nhập của bạn: <b>${invited.name}</b></p>
      <${Field} id="new" label="Mật khẩu" hint="Ít nhất 12 ký tự. Một câu dài dễ nhớ là tốt nhất."><input id="new" type="password" value=${password} onInput=${(event) => setPassword(event.target.value)} autocomplete="new-password" required /><//>
      <${Field} id="again" label="Nhập lại mật khẩu" error=${error}><input id="again" type="password" value=${again} onInput=${(event) => setAgain(event.target.value)} autocomplete="new-password" required /><//>
      <button class="button primary tall" disabled=${busy}>Tiếp tục</button>
    </form>
  <//>`;
}
