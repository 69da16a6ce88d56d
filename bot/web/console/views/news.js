// The policy news: what feeds served, and what of it citizens are given. Supervisors only.

import { html, useState } from '../ui.js';
import { get, post, put, query } from '../api.js';
import { Button, Chip, Dialog, Empty, Field, Loaded, Waiting } from '../parts/basic.js';
import { Message } from '../parts/message.js';
import { Page, Table } from '../parts/page.js';
import { moment, number } from '../time.js';
import { NEWS_STATES, THEMES } from '../words.js';

const TITLE_MAX = 300; // characters
const TEXT_MAX = 20_000; // characters

export function News() {
  const [state, setState] = useState('waiting');
  const [edited, setEdited] = useState(null); // an item; {} is a new one
  const [round, setRound] = useState(0);
  const path = `/news${query({ state })}`;
  const done = () => { setEdited(null); setRound(round + 1); };
  return html`<${Page} title="Tin chính sách" lead="Tin lấy về chờ bạn duyệt trước khi người dân đọc được." acts=${html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited({})}>Viết tin<//>`}>
    <div class="news-row" role="group" aria-label="Lọc theo trạng thái">${Object.entries({ ...NEWS_STATES, '': 'Tất cả' }).map(([key, name]) => html`<${Button} small key=${key} aria-pressed=${String(state === key)} kind=${state === key ? 'primary' : undefined} onClick=${() => setState(key)}>${name}<//>`)}</div>
    <${Loaded} about=${`${path} ${round}`} load=${() => get(path)} waiting="Đang tải tin…">${({ items, feeds, followers }) => html`
      ${items.length ? html`<ul class="cards">${items.map((item) => html`<li class="card" key=${item.id}><div class="grow"><h2>${item.title} <${Chip}>${NEWS_STATES[item.state]}<//>${item.pinned && html` <${Chip} tone="calm">Ghim<//>`}</h2>
          <p class="soft">${moment(item.published_ms, Date.now())} · ${item.feed ?? 'viết tay'}${item.themes.length ? ` · ${item.themes.map((theme) => THEMES[theme]).join(', ')}` : ''}${item.language === 'vi' ? '' : ` · ${item.language}`}</p></div>
          <div class="acts"><${Button} small onClick=${() => setEdited(item)}>Xem, sửa<//></div></li>`)}</ul>`
        : html`<${Empty} icon="news" title="Không có tin nào">ở mục này.<//>`}
      <h2 class="news-feeds">Nguồn tin</h2>
      ${feeds.length ? html`<${Table} caption="Nguồn tin" head=${['Nguồn', 'Lần đọc được gần nhất', { label: 'Tin', num: true }, 'Tình trạng']}>${feeds.map((feed) => html`<tr key=${feed.id}><th scope="row">${feed.id}</th><td>${feed.last_ok_ms ? moment(feed.last_ok_ms, Date.now()) : 'chưa lần nào'}</td><td class="num">${number(feed.items)}</td>
          <td class="wrap">${feed.failures ? html`<span class="error">Lỗi ${number(feed.failures)} lần liền: ${feed.error}. Thử lại ${moment(feed.next_ms, Date.now())}.</span>` : 'Đang chạy'}</td></tr>`)}<//>`
        : html`<p class="soft">Chưa cấu hình nguồn nào (news.feeds).</p>`}
      <p class="soft">${number(followers)} người đang nhận tin qua Telegram.</p>`}<//>
    ${edited && html`<${Editor} item=${edited} onClose=${() => setEdited(null)} onDone=${done} />`}
  <//>`;
}

function Editor({ item, onClose, onDone }) {
  const [typed, setTyped] = useState({
    title: item.title ?? '', text: item.text ?? '', url: item.url ?? 'https://', themes: item.themes ?? [], topics: (item.topics ?? []).join(', '),
    changes: (item.changes ?? []).join(', '), effective_day: item.effective_day ?? '', state: item.state ?? 'waiting', pinned: !!item.pinned,
  });
  const [error, setError] = useState(null);
  const [seen, setSeen] = useState(null); // the message as citizens read it; 'asked' until it is there
  const on = (name) => (event) => setTyped({ ...typed, [name]: event.target.type === 'checkbox' ? event.target.checked : event.target.value });
  const list = (text) => text.split(/[\s,]+/).filter(Boolean);
  const toggle = (theme) => setTyped({ ...typed, themes: typed.themes.includes(theme) ? typed.themes.filter((one) => one !== theme) : [...typed.themes, theme] });
  const save = async (changes) => {
    const { url, ...rest } = { ...typed, ...changes };
    const body = { ...rest, topics: list(rest.topics), changes: list(rest.changes), effective_day: rest.effective_day || null };
    const answer = await (item.id ? put(`/news/${item.id}`, body) : post('/news', { ...body, url }));
    if (answer.ok) onDone();
    else setError(answer.reason);
  };
  const preview = async () => {
    setSeen('asked');
    const answer = await get(`/news/${item.id}/preview`);
    if (answer.ok) setSeen(answer.body);
    else { setSeen(null); setError(answer.reason); }
  };
  return html`<${Dialog} title=${item.id ? 'Tin chính sách' : 'Tin mới'} wide onClose=${onClose}><form onSubmit=${(event) => { event.preventDefault(); save({}); }}><div class="body stack">
    <${Field} id="news-title" label="Tiêu đề"><input id="news-title" maxlength=${TITLE_MAX} value=${typed.title} onInput=${on('title')} required /><//>
    <${Field} id="news-text" label="Nội dung" hint="Đoạn đầu là tóm tắt. Cách đoạn bằng một dòng trống."><textarea id="news-text" rows="8" maxlength=${TEXT_MAX} value=${typed.text} onInput=${on('text')} required></textarea><//>
    ${item.id ? html`<p class="soft">Nguồn: <a href=${safe(item.url)} target="_blank" rel="noreferrer noopener">${item.url}</a></p>`
      : html`<${Field} id="news-url" label="Địa chỉ nguồn"><input id="news-url" type="url" value=${typed.url} onInput=${on('url')} required /><//>`}
    <fieldset class="news-row"><legend>Chủ đề</legend>${Object.entries(THEMES).map(([theme, name]) => html`<label key=${theme}><input type="checkbox" checked=${typed.themes.includes(theme)} onChange=${() => toggle(theme)} /> ${name}</label>`)}</fieldset>
    <${Field} id="news-topics" label="Câu hỏi đáp liên quan" hint="Mã chủ đề, cách nhau bằng dấu phẩy: bhyt/household-premium"><input id="news-topics" value=${typed.topics} onInput=${on('topics')} /><//>
    <${Field} id="news-changes" label="Trong đó, tin này làm thay đổi" hint="Câu trả lời của các chủ đề này sẽ có dòng “Mới: …”"><input id="news-changes" value=${typed.changes} onInput=${on('changes')} /><//>
    <${Field} id="news-day" label="Áp dụng từ ngày"><input id="news-day" type="date" value=${typed.effective_day} onInput=${on('effective_day')} /><//>
    <${Field} id="news-state" label="Trạng thái" error=${error}><select id="news-state" value=${typed.state} onChange=${on('state')}>${Object.entries(NEWS_STATES).map(([state, name]) => html`<option key=${state} value=${state}>${name}</option>`)}</select><//>
    <label><input type="checkbox" checked=${typed.pinned} onChange=${on('pinned')} /> Ghim lên đầu danh sách</label>
    ${seen === 'asked' && html`<${Waiting} />`}${seen && seen !== 'asked' && html`<section aria-label="Bản người dân đọc" class="card"><${Message} message=${seen} choices=${false} folded=${false} /></section>`}
  </div><footer>${item.id && html`<${Button} onClick=${preview}>Xem như người dân<//><${Button} onClick=${() => save({ state: 'approved', send: true })}>Duyệt và gửi người theo dõi<//>`}<${Button} onClick=${onClose}>Thôi<//><button class="button primary">Lưu</button></footer></form><//>`;
}

/** An address of a feed is a stranger's: only pages are led to. */
const safe = (url) => (/^https?:\/\//.test(url) ? url : undefined);
