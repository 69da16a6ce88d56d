// Where a conversation goes next: to a colleague, back to the line, to its end.

import { announce, html, useState } from '../ui.js';
import { giveBack, isMine, pathAfter, resolve, transfer } from '../desk.js';
import { go } from '../route.js';
import { Confirm, Dialog, Face, Field } from '../parts/basic.js';
import { RESOLUTIONS, SKILLS, skillName } from '../words.js';

const NOTE_MAX = 500; // characters

/** Does `act`; when it is done, an operator goes on with the next conversation. A supervisor who acts on another's stays. */
async function leaving(handoff, words, act) {
  const path = isMine(handoff) ? pathAfter(handoff) : null;
  const answer = await act();
  if (answer.ok) {
    announce(words);
    if (path) go(path);
  }
  return answer;
}

export function Transfer({ handoff, view, onClose }) {
  const [to, setTo] = useState(null); // operator:ID or skill:NAME
  const [note, setNote] = useState('');
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const others = view.operators.filter((operator) => operator.id !== handoff.operator_id);
  const skills = [...new Set([...Object.keys(SKILLS), ...others.flatMap((operator) => operator.skills)])];
  const submit = async (event) => {
    event.preventDefault();
    if (!to) return setError('Bạn chọn nơi nhận trước nhé.');
    const [kind, id] = [to.slice(0, to.indexOf(':')), to.slice(to.indexOf(':') + 1)];
    setBusy(true);
    const answer = await leaving(handoff, 'Đã chuyển', () => transfer(handoff, { [kind === 'operator' ? 'to_operator' : 'to_skill']: id, note: note.trim() }));
    setBusy(false);
    if (answer.ok) onClose();
    else setError(answer.reason);
  };
  const choice = (value, disabled, body) => html`<label class="option"><input type="radio" name="to" value=${value} checked=${to === value} disabled=${disabled} onChange=${() => setTo(value)} />${body}</label>`;
  return html`<${Dialog} title="Chuyển cuộc này" wide onClose=${onClose}><form onSubmit=${submit}><div class="body">
    <div class="transfer-columns">
      <fieldset><legend>Cho đồng nghiệp</legend><div class="options">${others.length ? others.map((operator) => {
        const full = operator.holding >= operator.capacity;
        const why = !operator.accepting ? 'tạm ngưng' : full ? 'đã đủ cuộc' : '';
        return choice(`operator:${operator.id}`, !!why, html`<${Face} name=${operator.display_name} /><span class="grow"><b>${operator.display_name}</b><span class="soft">${operator.skills.length ? operator.skills.map(skillName).join(', ') : 'Mọi lĩnh vực'}</span></span><span class="soft">${why || `${operator.holding}/${operator.capacity}`}</span>`);
      }) : html`<p class="none">Không có đồng nghiệp nào tại bàn.</p>`}</div></fieldset>
      <fieldset><legend>Về hàng đợi của lĩnh vực</legend><div class="options">${skills.map((skill) => choice(`skill:${skill}`, false, html`<span class="grow">${skillName(skill)}</span>`))}</div></fieldset>
    </div>
    <${Field} id="transfer-note" label="Lời nhắn cho người nhận" hint="Người dân không thấy lời nhắn này." error=${error}><textarea id="transfer-note" rows="2" maxlength=${NOTE_MAX} value=${note} onInput=${(event) => setNote(event.target.value)}></textarea><//>
  </div><footer><button type="button" class="button" onClick=${onClose}>Thôi</button><button class="button primary" disabled=${busy}>Chuyển</button></footer></form><//>`;
}

export function Return({ handoff, onClose }) {
  return html`<${Confirm} title="Trả lại hàng đợi" yes="Trả lại" act=${() => leaving(handoff, 'Đã trả lại hàng đợi', () => giveBack(handoff))} onClose=${onClose}>
    <p>Người dân về lại đúng chỗ cũ trong hàng đợi và đồng nghiệp khác sẽ nhận. Ghi chú và tin đang soạn của bạn vẫn còn.</p><//>`;
}

export function Resolve({ handoff, onClose }) {
  const [reason, setReason] = useState('answered');
  return html`<${Confirm} title="Kết thúc cuộc này" yes="Kết thúc" act=${() => leaving(handoff, 'Đã kết thúc', () => resolve(handoff, reason))} onClose=${onClose}>
    <p class="soft">Bot sẽ báo là đã quay lại và xin người dân chấm điểm.</p>
    <fieldset><legend class="sr">Lý do</legend><div class="options">${Object.entries(RESOLUTIONS).map(([value, [label, what]]) => html`<label class="option" key=${value}><input type="radio" name="reason" value=${value} checked=${reason === value} onChange=${() => setReason(value)} /><span class="grow"><b>${label}</b><span class="soft">${what}</span></span></label>`)}</div></fieldset>
  <//>`;
}
