// Who works at the desk, what they answer, and invitations.

import { html, useState } from '../ui.js';
import { get, patch, post } from '../api.js';
import { me } from '../session.js';
import { Button, Chip, Confirm, Copyable, Dialog, Field, Loaded } from '../parts/basic.js';
import { Page, Table } from '../parts/page.js';
import { moment } from '../time.js';
import { ROLES, SKILLS, STANDINGS, skillName } from '../words.js';

const CAPACITY_MAX = 50; // conversations at once

export function Operators() {
  const [edited, setEdited] = useState(null); // an operator; {} is a new one
  const [invitation, setInvitation] = useState(null); // {name, token, expires_ms}
  const [disabled, setDisabled] = useState(null);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  const again = () => setRound((n) => n + 1);
  const invite = async (operator) => {
    const answer = await post(`/operators/${operator.operator_id}/invitation`);
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) { setInvitation({ name: operator.display_name, ...answer.body }); again(); }
  };
  return html`<${Page} title="Nhân sự" lead="Lĩnh vực quyết định cuộc nào được mời cho ai." acts=${html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited({})}>Mời người mới<//>`}>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <${Loaded} about=${round} load=${() => get('/operators')}>${({ operators }) => html`<${Table} caption="Tổng đài viên" head=${['Người', 'Vai trò', 'Lĩnh vực', { label: 'Tối đa', num: true }, { label: 'Hai lớp', spare: true }, 'Tình trạng', '']}>
      ${operators.map((operator) => html`<tr key=${operator.operator_id} class=${operator.standing === 'disabled' ? 'off' : ''}>
        <th scope="row">${operator.display_name}<span class="soft under">${operator.name}</span></th><td>${ROLES[operator.role]}</td>
        <td class="wrap">${operator.skills.length ? operator.skills.map((skill) => html`<${Chip} key=${skill}>${skillName(skill)}<//> `) : html`<span class="soft">Mọi lĩnh vực</span>`}</td>
        <td class="num">${operator.capacity}</td><td class="spare">${operator.second_factor ? 'Có' : html`<span class="soft">Chưa</span>`}</td><td><${Chip} tone=${operator.standing}>${STANDINGS[operator.standing] ?? operator.standing}<//></td>
        <td class="end"><span class="row-acts"><${Button} small onClick=${() => setEdited(operator)}>Sửa<//><${Button} small onClick=${() => invite(operator)}>Mời lại<//>${operator.operator_id !== me().operator_id && operator.standing !== 'disabled' && html`<${Button} small kind="danger" onClick=${() => setDisabled(operator)}>Khóa<//>`}</span></td></tr>`)}<//>`}<//>
    ${edited && html`<${Editor} operator=${edited} onClose=${() => setEdited(null)} onDone=${(made) => { setEdited(null); again(); if (made) setInvitation(made); }} />`}
    ${invitation && html`<${Link} invitation=${invitation} onClose=${() => setInvitation(null)} />`}
    ${disabled && html`<${Confirm} title=${`Khóa tài khoản ${disabled.display_name}`} yes="Khóa" kind="danger" act=${() => post(`/operators/${disabled.operator_id}/disable`).then((answer) => { if (answer.ok) again(); return answer; })} onClose=${() => setDisabled(null)}><p>Người này bị đăng xuất ngay, các cuộc đang giữ về lại hàng đợi. Mời lại là dùng được tiếp.</p><//>`}
  <//>`;
}

function Link({ invitation, onClose }) {
  return html`<${Dialog} title=${`Liên kết mời ${invitation.name}`} onClose=${onClose}><div class="body stack">
    <p>Gửi riêng cho người được mời. Liên kết dùng một lần, hết hạn ${moment(invitation.expires_ms, Date.now())}, và không hiện lại.</p>
    <${Copyable} label="Liên kết mời" text=${`${location.origin}/console/invitation#${invitation.token}`} />
  </div><footer><${Button} kind="primary" onClick=${onClose}>Xong<//></footer><//>`;
}

function Editor({ operator, onClose, onDone }) {
  const isNew = !operator.operator_id;
  const isSelf = operator.operator_id === me().operator_id;
  const [typed, setTyped] = useState({ name: '', display_name: '', role: 'operator', skills: [], capacity: 4, ...operator });
  const [error, setError] = useState(null);
  const on = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  const toggle = (skill) => setTyped({ ...typed, skills: typed.skills.includes(skill) ? typed.skills.filter((other) => other !== skill) : [...typed.skills, skill] });
  const submit = async (event) => {
    event.preventDefault();
    const { role, skills } = typed;
    const [name, display_name, capacity] = [typed.name.trim().toLowerCase(), typed.display_name.trim(), Number(typed.capacity)];
    let id = operator.operator_id;
    let made = null;
    if (isNew) {
      const answer = await post('/operators', { name, display_name: display_name || null, role });
      if (!answer.ok) return setError(answer.reason);
      made = { name: display_name || name, ...answer.body };
      id = answer.body.operator_id;
    }
    // Nobody changes their own role: it is left out.
    const answer = await patch(`/operators/${id}`, { skills, capacity, ...(!isNew && { display_name }), ...(!isNew && !isSelf && { role }) });
    // The invitation is shown even if the rest failed: it would be lost.
    if (answer.ok || made) onDone(made);
    else setError(answer.reason);
  };
  const skills = [...new Set([...Object.keys(SKILLS), ...typed.skills])];
  return html`<${Dialog} title=${isNew ? 'Mời người mới' : operator.display_name} onClose=${onClose}><form onSubmit=${submit}><div class="body stack">
    ${isNew && html`<${Field} id="op-name" label="Tên đăng nhập" hint="Chữ thường không dấu, số, dấu chấm, gạch. Ví dụ: thu.nguyen"><input id="op-name" value=${typed.name} onInput=${on('name')} pattern="[a-zA-Z0-9._\\-]{2,64}" autocapitalize="none" spellcheck=${false} required /><//>`}
    <${Field} id="op-display" label="Tên người dân thấy" hint="Ví dụ: Chị Thu"><input id="op-display" maxlength="64" value=${typed.display_name} onInput=${on('display_name')} required=${!isNew} /><//>
    <${Field} id="op-role" label="Vai trò" hint=${isSelf ? 'Bạn không tự đổi vai trò của mình.' : 'Giám sát viên cần xác thực hai lớp.'}><select id="op-role" value=${typed.role} disabled=${isSelf} onChange=${on('role')}>${Object.entries(ROLES).map(([role, name]) => html`<option value=${role}>${name}</option>`)}</select><//>
    <fieldset><legend>Lĩnh vực</legend><p class="hint">Không chọn gì là nhận mọi lĩnh vực.</p><div class="checks">${skills.map((skill) => html`<label class="check" key=${skill}><input type="checkbox" checked=${typed.skills.includes(skill)} onChange=${() => toggle(skill)} />${skillName(skill)}</label>`)}</div></fieldset>
    <${Field} id="op-capacity" label="Số cuộc cùng lúc" error=${error}><input id="op-capacity" type="number" min="1" max=${CAPACITY_MAX} value=${typed.capacity} onInput=${on('capacity')} required /><//>
  </div><footer><${Button} onClick=${onClose}>Thôi<//><button class="button primary">${isNew ? 'Tạo lời mời' : 'Lưu'}</button></footer></form><//>`;
}
