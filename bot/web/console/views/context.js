// The right column: what the citizen wants, what to do next, answers of the FAQ, labels and notes.

import { html, useEffect, useLayoutEffect, useNow, useRef, useState } from '../ui.js';
import { get, query } from '../api.js';
import { isMine } from '../desk.js';
import { setLabels } from '../log.js';
import { send } from '../outbox.js';
import { nextStep, summarise } from '../summary.js';
import { useKeys } from '../keys.js';
import { Button, Chip, ChannelIcon, IconButton } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { clock, length, moment, percent } from '../time.js';
import { CHANNELS, HANDOFF_REASONS, PRIORITIES } from '../words.js';
import { Record } from './record.js';
import { insertIntoReply, writeNote } from './reply.js';

const QUERY_MAX = 300; // characters
const SEARCH_AFTER_MS = 250;
const LABELS_MAX = 8;
const LABEL_CHARS_MAX = 30;

export function Context({ open, handoff, onClose }) {
  const now = useNow(5_000);
  const summary = summarise(open.events);
  const notes = open.events.filter((event) => event.kind === 'operator_note');
  const channel = open.detail?.channel ?? handoff?.channel;
  const why = HANDOFF_REASONS[summary.reason] ?? (handoff && PRIORITIES[handoff.priority]);
  return html`<aside class="context" aria-label="Thông tin cuộc trò chuyện">
    ${onClose ? html`<header><h2>Thông tin</h2><${IconButton} icon="close" label="Đóng" shortcut="I" onClick=${onClose} /></header>` : html`<h2 class="sr">Thông tin</h2>`}
    <section class="brief">
      <p class="next">${nextStep(open.events, handoff, now)}</p>
      ${summary.question && html`<h3>Người dân muốn hỏi</h3><blockquote>${summary.question}</blockquote>`}
      ${summary.ends.length > 0 && html`<p class="ends"><span>Bot:</span>${summary.ends.map(({ outcome, label, count }) => html`<span class=${`outcome ${outcome}`}>${label}${count > 1 ? ` ×${count}` : ''}</span>`)}</p>`}
      <dl class="facts">
        <div><dt>Kênh</dt><dd><${ChannelIcon} channel=${channel} /> ${CHANNELS[channel] ?? channel}</dd></div>
        <div><dt>Bắt đầu</dt><dd>${moment(open.detail?.started_ms ?? open.events[0]?.at_ms ?? now, now)}</dd></div>
        ${handoff && html`<div><dt>${handoff.stage === 'claimed' ? 'Đã chờ' : 'Đang chờ'}</dt><dd>${length((handoff.stage === 'claimed' ? handoff.claimed_ms : now) - handoff.queued_ms)}</dd></div>`}
        ${why && html`<div><dt>Vì sao</dt><dd>${why}</dd></div>`}
      </dl>
    </section>
    <${Record} open=${open} handoff=${handoff} />
    <${Labels} open=${open} handoff=${handoff} />
    <${Search} open=${open} handoff=${handoff} question=${summary.question} />
    <section class="notes"><h3>Ghi chú${notes.length > 0 && html` <span class="soft">${notes.length}</span>`}${isMine(handoff) && html`<${Button} small icon="plus" onClick=${writeNote}>Thêm<//>`}</h3>
      ${notes.length ? html`<ul>${notes.map((note) => html`<li key=${note.seq}><p>${note.text}</p><span class="soft">${note.operator}, ${clock(note.at_ms)}</span></li>`)}</ul>` : html`<p class="none">Chưa có ghi chú.</p>`}</section>
  </aside>`;
}

function Labels({ open, handoff }) {
  const labels = open.detail?.labels ?? handoff?.labels ?? [];
  const [typed, setTyped] = useState(null); // null while no label is added
  const [error, setError] = useState(null);
  const field = useRef(null);
  useLayoutEffect(() => { if (typed === '') field.current.focus(); }, [typed === null]);
  useKeys({ l: () => setTyped('') });
  const change = async (next) => {
    const answer = await setLabels(open.id, next);
    setError(answer.ok ? null : answer.reason);
  };
  const add = (event) => {
    event.preventDefault();
    // Enter takes the field away, and that is a blur: the second time there is nothing left to add.
    const label = (field.current?.value ?? '').normalize('NFC').trim();
    if (field.current) field.current.value = '';
    setTyped(null);
    if (label && !labels.includes(label)) change([...labels, label]);
  };
  return html`<section class="labels"><h3>Nhãn</h3><div class="chips">
    ${labels.map((label) => html`<${Chip} key=${label} tone="label">${label}<button type="button" aria-label=${`Bỏ nhãn ${label}`} onClick=${() => change(labels.filter((other) => other !== label))}><${Icon} name="close" size=${12} /></button><//>`)}
    ${typed != null
      ? html`<form onSubmit=${add}><input ref=${field} aria-label="Nhãn mới" maxlength=${LABEL_CHARS_MAX} value=${typed} onInput=${(event) => setTyped(event.target.value)} onBlur=${add} onKeyDown=${(event) => { if (event.key === 'Escape') setTyped(null); }} /></form>`
      : labels.length < LABELS_MAX && html`<button type="button" class="chip add" onClick=${() => setTyped('')} aria-keyshortcuts="L"><${Icon} name="plus" size=${12} />Thêm nhãn</button>`}
  </div>${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

/** Begins with the citizen's own question: often nothing has to be typed. */
function Search({ open, handoff, question }) {
  const [typed, setTyped] = useState('');
  const [found, setFound] = useState(null);
  const [reason, setReason] = useState(null);
  const field = useRef(null);
  const asked = (typed.trim() || question || '').slice(0, QUERY_MAX);
  useKeys({ '/': () => { field.current.focus(); field.current.select(); } });
  useEffect(() => {
    if (!asked) return setFound([]);
    let current = true;
    const timer = setTimeout(async () => {
      const answer = await get(`/search${query({ q: asked })}`);
      if (!current) return;
      setReason(answer.ok ? null : answer.reason);
      if (answer.ok) setFound(answer.body);
    }, typed ? SEARCH_AFTER_MS : 0);
    return () => { current = false; clearTimeout(timer); };
  }, [asked]);
  const mine = isMine(handoff);
  return html`<section class="search"><h3>Câu trả lời có sẵn</h3>
    <div class="search-field"><${Icon} name="search" size=${16} /><input ref=${field} type="search" value=${typed} maxlength=${QUERY_MAX} placeholder="Tìm câu trả lời (/)" aria-label="Tìm câu trả lời trong bộ câu hỏi" onInput=${(event) => setTyped(event.target.value)} onKeyDown=${(event) => { if (event.key === 'Escape') { setTyped(''); field.current.blur(); } }} /></div>
    ${!typed && question && found?.length > 0 && html`<p class="soft small">Theo câu hỏi gần nhất của người dân</p>`}
    ${reason && html`<p class="error" role="alert">${reason}</p>`}
    ${found && asked && !reason && (found.length
      ? html`<ul class="found" aria-label="Kết quả">${found.map((topic, at) => html`<${Found} key=${topic.topic} topic=${topic} first=${at === 0} mine=${mine} open=${open} handoff=${handoff} onRelated=${(title) => setTyped(title)} />`)}</ul>`
      : html`<p class="none">Chưa có câu trả lời nào khớp.</p>`)}
  </section>`;
}

function Found({ topic, first, mine, open, handoff, onRelated }) {
  const [sent, setSent] = useState(false);
  const sendIt = () => {
    send({ kind: 'answer', conversation_id: open.id, handoff_id: handoff.handoff_id, fence: handoff.fence, topic: topic.topic, text: topic.title });
    setSent(true);
  };
  return html`<li><details open=${first}>
    <summary><span class="grow">${topic.title}</span><span class="sure" title="Độ khớp với câu hỏi">${percent(topic.probability)}</span></summary>
    <p class="short">${topic.short}</p>
    ${topic.basis.length > 0 && html`<p class="basis">${topic.basis.join('; ')}</p>`}
    ${mine && html`<p class="row"><${Button} small kind="primary" icon=${sent ? 'check' : 'send'} disabled=${sent} onClick=${sendIt}>${sent ? 'Đã gửi' : 'Gửi câu này'}<//><${Button} small onClick=${() => insertIntoReply(topic.short)}>Chèn để sửa<//></p>`}
    ${topic.related?.length > 0 && html`<p class="related">Liên quan: ${topic.related.slice(0, 3).map((other, at) => html`${at > 0 && ', '}<button type="button" class="link" onClick=${() => onRelated(other.title)}>${other.title}</button>`)}</p>`}
  </details></li>`;
}
