// Canned replies: everybody reads them, supervisors write them.

import { Fragment, html, useEffect, useState, useStore } from '../ui.js';
import { post, put, remove } from '../api.js';
import { isSupervisor } from '../session.js';
import { PLACEHOLDERS, canned, loadCanned, matching } from '../templates.js';
import { Button, Confirm, Dialog, Empty, Field, IconButton, Trouble, Waiting } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { Page } from '../parts/page.js';
import { SKILLS, skillName } from '../words.js';

const TITLE_MAX = 80; // characters
const TEXT_MAX = 2_000; // characters: a reply must fit a message

export function Canned() {
  const all = useStore(canned);
  const [reason, setReason] = useState(null);
  const [typed, setTyped] = useState('');
  const [edited, setEdited] = useState(null); // a reply; {} is a new one
  const [dropped, setDropped] = useState(null);
  const load = async () => {
    const answer = await loadCanned();
    setReason(answer.ok ? null : answer.reason);
  };
  useEffect(() => { load(); }, []);
  const shown = all && matching(all, typed, all.length);
  return html`<${Page} narrow title="Câu mẫu" lead="Gõ / ở đầu ô trả lời để chèn." acts=${isSupervisor() && html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited({})}>Câu mới<//>`}>
    ${reason && html`<${Trouble} reason=${reason} onAgain=${load} />`}
    ${!all && !reason && html`<${Waiting} />`}
    ${all && html`<div class="search-field wide"><${Icon} name="search" size=${16} /><input type="search" aria-label="Tìm câu mẫu" placeholder="Tìm câu mẫu" value=${typed} onInput=${(event) => setTyped(event.target.value)} /></div>
      ${shown.length ? html`<ul class="cards">${shown.map((reply) => html`<li class="card" key=${reply.id}><div class="grow"><h2>${reply.title}${reply.skill && html` <span class="chip">${skillName(reply.skill)}</span>`}</h2><p class="text"><${WithPlaceholders} text=${reply.text} /></p></div>
        ${isSupervisor() && html`<div class="acts"><${Button} small onClick=${() => setEdited(reply)}>Sửa<//><${IconButton} icon="close" label=${`Xóa câu ${reply.title}`} onClick=${() => setDropped(reply)} /></div>`}</li>`)}</ul>`
        : html`<${Empty} icon="canned" title=${all.length ? 'Không có câu nào khớp' : 'Chưa có câu mẫu'} />`}`}
    ${edited && html`<${Editor} reply=${edited} onClose=${() => setEdited(null)} onDone=${load} />`}
    ${dropped && html`<${Confirm} title="Xóa câu mẫu" yes="Xóa" kind="danger" act=${() => remove(`/canned/${dropped.id}`).then((answer) => { if (answer.ok) load(); return answer; })} onClose=${() => setDropped(null)}><p>Câu “${dropped.title}” sẽ không còn cho mọi người.</p><//>`}
  <//>`;
}

const WithPlaceholders = ({ text }) => text.split(/(\{\{\s*[a-z_]+\s*\}\})/).map((part, at) => (at % 2 ? html`<mark title=${PLACEHOLDERS[part.replace(/[{}\s]/g, '')] ?? 'không rõ'}>${part}</mark>` : html`<${Fragment}>${part}<//>`));

function Editor({ reply, onClose, onDone }) {
  const [typed, setTyped] = useState({ title: reply.title ?? '', text: reply.text ?? '', skill: reply.skill ?? '' });
  const [error, setError] = useState(null);
  const on = (name) => (event) => setTyped({ ...typed, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    const body = { title: typed.title.trim(), text: typed.text.trim(), skill: typed.skill || null };
    const answer = await (reply.id ? put(`/canned/${reply.id}`, body) : post('/canned', body));
    if (!answer.ok) return setError(answer.reason);
    onDone();
    onClose();
  };
  return html`<${Dialog} title=${reply.id ? 'Sửa câu mẫu' : 'Câu mẫu mới'} wide onClose=${onClose}><form onSubmit=${submit}><div class="body stack">
    <${Field} id="canned-title" label="Tên, để tìm"><input id="canned-title" maxlength=${TITLE_MAX} value=${typed.title} onInput=${on('title')} required /><//>
    <${Field} id="canned-text" label="Nội dung" error=${error}><textarea id="canned-text" rows="6" maxlength=${TEXT_MAX} value=${typed.text} onInput=${on('text')} required></textarea><//>
    <p class="row">Chèn: ${Object.entries(PLACEHOLDERS).map(([name, what]) => html`<${Button} key=${name} small onClick=${() => setTyped({ ...typed, text: `${typed.text}{{${name}}}` })}>${what}<//>`)}</p>
    <${Field} id="canned-skill" label="Lĩnh vực"><select id="canned-skill" value=${typed.skill} onChange=${on('skill')}><option value="">Chung</option>${Object.entries(SKILLS).map(([skill, name]) => html`<option value=${skill}>${name}</option>`)}</select><//>
  </div><footer><${Button} onClick=${onClose}>Thôi<//><button class="button primary">Lưu</button></footer></form><//>`;
}
