// Small parts that many views are made of.

import { classes, html, useEffect, useRef, useState } from '../ui.js';
import { Icon } from './icon.js';

export function Button({ icon, kind, small, children, ...rest }) {
  return html`<button type="button" ...${rest} class=${classes('button', kind, small && 'small', rest.class)}>${icon && html`<${Icon} name=${icon} size=${16} />`}${children}</button>`;
}

/** A button of a drawing only; its words are for screen readers and the pointer that rests. */
export function IconButton({ icon, label, shortcut, ...rest }) {
  return html`<button type="button" ...${rest} class=${classes('icon-button', rest.class)} aria-label=${label} title=${shortcut ? `${label} (${shortcut})` : label} aria-keyshortcuts=${shortcut}><${Icon} name=${icon} /></button>`;
}

export function Switch({ on, label, onChange, disabled, hint }) {
  return html`<button type="button" role="switch" class="switch" aria-checked=${String(!!on)} disabled=${disabled} title=${hint} onClick=${() => onChange(!on)}><span class="knob"></span><span>${label}</span></button>`;
}

/** The last of a Vietnamese name is what people are called by. */
const initial = (name) => ([...(name.trim().split(/\s+/).at(-1) ?? '')][0] ?? '?').toUpperCase();
export const Face = ({ name }) => html`<span class="face" aria-hidden="true">${initial(name)}</span>`;

export const Chip = ({ tone, children, title }) => html`<span class=${classes('chip', tone)} title=${title}>${children}</span>`;
export const Key = ({ children }) => html`<kbd>${children}</kbd>`;

/** A field with its name above and what is wrong below. */
export function Field({ label, hint, error, children, id }) {
  return html`<div class=${classes('field', error && 'wrong')}>
    <label for=${id}>${label}</label>${children}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}${error && html`<p class="error" role="alert">${error}</p>`}
  </div>`;
}

/** Words instead of a turning wheel, and only when it takes a while. */
export function Waiting({ children = 'Đang tải…' }) {
  return html`<p class="waiting" role="status">${children}</p>`;
}

export function Empty({ title, children, icon = 'check' }) {
  return html`<div class="empty"><span class="disc"><${Icon} name=${icon} size=${22} /></span><p class="title">${title}</p>${children && html`<p>${children}</p>`}</div>`;
}

/** A refusal with a way to try again. */
export function Trouble({ reason, onAgain }) {
  return html`<div class="trouble" role="alert"><${Icon} name="alert" /><p>${reason}</p>${onAgain && html`<${Button} small onClick=${onAgain}>Thử lại<//>`}</div>`;
}

/** Shows what `load` gives: waiting, trouble, then `children(body, again)`. Asked again when `about` changes. */
export function Loaded({ load, about, children, waiting }) {
  const [answer, setAnswer] = useState(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    load().then((got) => { if (current) setAnswer(got); });
    return () => { current = false; };
  }, [about, round]);
  const again = () => setRound((n) => n + 1);
  if (!answer) return html`<${Waiting}>${waiting}<//>`;
  if (!answer.ok) return html`<${Trouble} reason=${answer.reason} onAgain=${again} />`;
  return children(answer.body, again);
}

/** A modal dialog: the browser keeps the focus in it and gives it back. Escape closes it. */
export function Dialog({ title, onClose, children, wide }) {
  const dialog = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current.showModal();
    // Not the cross, which the browser would take: the first thing to do, or what it is about.
    (dialog.current.querySelector('.body :is(input, textarea, select):enabled') ?? dialog.current.querySelector('h2')).focus();
    return () => { if (before?.isConnected) before.focus(); };
  }, []);
  const outside = (event) => { if (event.target === dialog.current) onClose(); };
  return html`<dialog ref=${dialog} class=${classes('dialog', wide && 'wide')} aria-labelledby="dialog-title" onClose=${onClose} onPointerDown=${outside}>
    <div class="sheet">
      <header><h2 id="dialog-title" tabindex="-1">${title}</h2><${IconButton} icon="close" label="Đóng" onClick=${onClose} /></header>
      ${children}
    </div>
  </dialog>`;
}

/** Asks before what cannot be undone. `act` gives an answer of the API; the dialog stays while it is refused. */
export function Confirm({ title, children, yes, kind = 'primary', act, onClose }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    const answer = await act();
    setBusy(false);
    if (answer && !answer.ok) setError(answer.reason);
    else onClose();
  };
  return html`<${Dialog} title=${title} onClose=${onClose}><form onSubmit=${submit}>
    <div class="body">${children}${error && html`<p class="error" role="alert">${error}</p>`}</div>
    <footer><${Button} onClick=${onClose}>Thôi<//><button class=${`button ${kind}`} disabled=${busy}>${yes}</button></footer>
  </form><//>`;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Text to take along, with a button that copies it. */
export function Copyable({ text, label }) {
  const [copied, setCopied] = useState(false);
  return html`<div class="copyable"><output aria-label=${label}>${text}</output>
    <${Button} small icon=${copied ? 'check' : 'copy'} onClick=${async () => setCopied(await copy(text))}>${copied ? 'Đã chép' : 'Chép'}<//></div>`;
}

export const ChannelIcon = ({ channel, size = 15 }) => html`<${Icon} name=${channel === 'telegram' ? 'telegram' : channel === 'terminal' ? 'terminal' : 'web'} size=${size} />`;
