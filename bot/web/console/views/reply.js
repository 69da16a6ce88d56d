// The field in which an operator answers or leaves a note. What is typed is kept at every key, for each conversation.

import { announce, classes, html, useEffect, useLayoutEffect, serverNow, useRef, useState, useStore } from '../ui.js';
import { post } from '../api.js';
import { me } from '../session.js';
import { desk } from '../desk.js';
import { draftOf, keepDraft, send } from '../outbox.js';
import { canned, fill, isFilled, loadCanned, matching } from '../templates.js';
import { useKeys } from '../keys.js';
import { IconButton, Key } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { number, opening } from '../time.js';
import { skillName } from '../words.js';

const TEXT_MAX = 2_000; // characters; the server refuses more
const COUNTER_FROM = 1_700;
const TYPING_EVERY_MS = 3_000;
const CHOICES_MAX = 8;
const CLAIMED_JUST_MS = 5_000;

/** Views beside it put text into the field by this event, at the cursor. */
export const insertIntoReply = (text) => window.dispatchEvent(new CustomEvent('console:insert', { detail: text }));
export const writeNote = () => window.dispatchEvent(new CustomEvent('console:note'));

export function Reply({ open, handoff }) {
  const { view } = useStore(desk);
  const replies = useStore(canned);
  const [draft, setDraft] = useState(() => draftOf(open.id));
  const [mode, setMode] = useState('message'); // message or note
  const [picking, setPicking] = useState(null); // null, or {typed, at} while a canned reply is chosen
  const [error, setError] = useState(null);
  const field = useRef(null);
  const typedAt = useRef(0);
  const text = draft[mode];
  const length = [...text.normalize('NFC').trim()].length;

  useEffect(() => {
    if (!replies) loadCanned();
    // Whoever has just taken it wants to write.
    if (serverNow() - handoff.claimed_ms < CLAIMED_JUST_MS) field.current.focus();
  }, []);
  // The field grows with its text.
  useLayoutEffect(() => {
    field.current.style.height = 'auto';
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [text, mode]);

  const write = (next) => {
    const both = { ...draft, [mode]: next };
    setDraft(both);
    keepDraft(open.id, both);
    setError(null);
  };
  const focus = (next) => {
    setMode(next);
    setPicking(null);
    requestAnimationFrame(() => field.current?.focus());
  };
  useKeys({ r: () => focus('message'), n: () => focus('note') });

  useEffect(() => {
    const insert = ({ detail }) => {
      const { message } = draftOf(open.id);
      const at = mode === 'message' ? field.current.selectionStart : message.length;
      const gap = message.slice(0, at) && !/\s$/.test(message.slice(0, at)) ? '\n' : '';
      const both = { ...draftOf(open.id), message: `${message.slice(0, at)}${gap}${detail}${message.slice(at)}` };
      setDraft(both);
      keepDraft(open.id, both);
      focus('message');
    };
    const note = () => focus('note');
    window.addEventListener('console:insert', insert);
    window.addEventListener('console:note', note);
    return () => { window.removeEventListener('console:insert', insert); window.removeEventListener('console:note', note); };
  }, [mode, open.id]);

  const found = picking && replies ? matching(replies, picking.typed, CHOICES_MAX) : [];
  // A text field cannot say that a list has opened.
  useEffect(() => { if (picking && replies) announce(`${found.length} câu mẫu`); }, [picking?.typed, !replies]);
  const known = {
    ten_tong_dai_vien: me().display_name,
    // While it is open, the next opening may not be told.
    gio_mo_cua: view?.next_opening_ms ? opening(view.next_opening_ms) : 'giờ làm việc',
    so_dien_thoai: '1900 9068',
  };
  const pick = (reply) => {
    write(fill(reply.text, known));
    setPicking(null);
    field.current.focus();
  };
  const onInput = (event) => {
    const next = event.target.value;
    write(next);
    // A slash that begins the text looks for a canned reply.
    setPicking(mode === 'message' && /^\/[^\n]*$/.test(next) ? { typed: next.slice(1), at: 0 } : null);
    if (mode === 'message' && next.trim() && !next.startsWith('/') && Date.now() - typedAt.current > TYPING_EVERY_MS) {
      typedAt.current = Date.now();
      post(`/conversations/${open.id}/typing`);
    }
  };
  const submit = () => {
    const body = text.normalize('NFC').trim();
    // What looks for a canned reply is no message.
    if (!body || picking) return;
    if (length > TEXT_MAX) return setError(`Tin dài quá ${number(TEXT_MAX)} ký tự. Bạn chia làm hai tin nhé.`);
    if (mode === 'message' && !isFilled(body)) return setError('Tin còn chỗ trống {{…}} chưa điền.');
    send({ kind: mode, conversation_id: open.id, handoff_id: handoff.handoff_id, fence: handoff.fence, text: body });
    write('');
    if (mode === 'note') focus('message');
    else field.current.focus();
  };
  const onKey = (event) => {
    // While an input method composes, Enter belongs to it. Safari tells that only by key code 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (picking && found.length) {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by) {
        event.preventDefault();
        return setPicking({ ...picking, at: (picking.at + by + found.length) % found.length });
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault();
        return pick(found[picking.at]);
      }
    }
    if (event.key === 'Escape') {
      event.preventDefault();
      if (picking) setPicking(null);
      else field.current.blur();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  };

  const note = mode === 'note';
  return html`<footer class=${classes('reply', note && 'as-note')}>
    ${picking && html`<${Choices} found=${found.map((reply) => ({ ...reply, text: fill(reply.text, known) }))} at=${picking.at} loaded=${replies} onPick=${pick} />`}
    <div class="modes" role="tablist" aria-label="Viết gì">
      <button type="button" role="tab" aria-selected=${String(!note)} onClick=${() => focus('message')}>Trả lời</button>
      <button type="button" role="tab" aria-selected=${String(note)} onClick=${() => focus('note')}>Ghi chú nội bộ</button>
      ${isBegun(draft[note ? 'message' : 'note']) && html`<span class="soft">còn ${note ? 'câu trả lời' : 'ghi chú'} đang soạn</span>`}
    </div>
    <div class="box">
      <textarea ref=${field} rows="2" value=${text} onInput=${onInput} onKeyDown=${onKey} onBlur=${() => setTimeout(() => setPicking(null), 150)}
        placeholder=${note ? 'Chỉ đồng nghiệp thấy ghi chú này' : 'Trả lời người dân, gõ / để chọn câu mẫu'} aria-label=${note ? 'Ghi chú nội bộ' : 'Trả lời người dân'}
        aria-haspopup="listbox" aria-controls=${picking ? 'canned-choices' : undefined} aria-autocomplete="list" aria-activedescendant=${picking && found.length ? `canned-${picking.at}` : undefined}
        aria-invalid=${String(length > TEXT_MAX)}></textarea>
      <div class="tools">
        ${!note && html`<${IconButton} icon="canned" label="Câu mẫu" onClick=${() => { if (!text) write('/'); setPicking({ typed: '', at: 0 }); field.current.focus(); }} />`}
        <span class="hints">${error ? html`<span class="error" role="alert">${error}</span>` : length >= COUNTER_FROM ? html`<span class=${classes(length > TEXT_MAX && 'error')}>${number(length)} / ${number(TEXT_MAX)}</span>` : html`<${Key}>Enter<//> gửi <${Key}>Shift Enter<//> xuống dòng`}</span>
        <button type="button" class="button primary" disabled=${!length || length > TEXT_MAX || picking} onClick=${submit}><${Icon} name=${note ? 'note' : 'send'} size=${16} />${note ? 'Lưu ghi chú' : 'Gửi'}</button>
      </div>
    </div>
  </footer>`;
}

/** Text that somebody would miss; a slash only looked for a canned reply. */
const isBegun = (text) => text.trim() && !/^\/\S*$/.test(text);

function Choices({ found, at, loaded, onPick }) {
  const words = !loaded ? 'Đang tải câu mẫu…' : 'Không có câu mẫu nào khớp.';
  return html`<ul class="choices-list" id="canned-choices" role="listbox" aria-label="Câu mẫu">
    ${found.length ? found.map((reply, index) => html`<li key=${reply.id} id=${`canned-${index}`} role="option" aria-selected=${String(index === at)} onPointerDown=${(event) => { event.preventDefault(); onPick(reply); }}>
      <b>${reply.title}</b>${reply.skill && html`<span class="chip">${skillName(reply.skill)}</span>`}<span class="text">${reply.text}</span></li>`) : html`<li class="none">${words}</li>`}
  </ul>`;
}
