// Messages of the bot and answers of the FAQ: blocks of spans.

import { html } from '../ui.js';
import { spokenDay } from '../time.js';

/** Only what a phone or a browser opens safely. */
function safeLink(href) {
  try {
    const url = new URL(href);
    return url.protocol === 'https:' || url.protocol === 'tel:' ? url : null;
  } catch {
    return null;
  }
}

function span(part) {
  const text = part.bold ? html`<b>${part.text}</b>` : part.text;
  const url = part.href && safeLink(part.href);
  return url ? html`<a href=${url.href} target="_blank" rel="noopener noreferrer">${text}</a>` : text;
}
const spans = (parts) => (parts ?? []).map(span);
const items = (block) => block.items.map((item) => html`<li>${spans(item)}</li>`);

function block(one) {
  switch (one.type) {
    case 'heading': return html`<p class="heading">${one.text}</p>`;
    case 'bullets': return html`<ul>${items(one)}</ul>`;
    case 'steps': return html`<ol>${items(one)}</ol>`;
    default: return html`<p>${spans(one.spans)}</p>`;
  }
}

/** What is read first; the rest unfolds. */
const SHOWN_MAX = 1; // blocks

/** `choices`: the buttons under it are shown too; under an operator's answer the citizen gets none. */
export function Message({ message, choices = true, folded = true }) {
  const blocks = message.blocks ?? [];
  const rest = [...(folded ? blocks.slice(SHOWN_MAX) : []), ...(message.more ?? [])];
  const sources = message.basis?.length > 0 && html`<p class="basis">Căn cứ: ${message.basis.map((source, at) => html`${at > 0 && '; '}${source.article}, ${source.document} (hiệu lực ${spokenDay(source.effective_from)})`)}.${message.reviewed && ` Rà soát ${spokenDay(message.reviewed)}.`}</p>`;
  return html`
    ${message.understood && html`<p class="understood">Hiểu là: <i>${message.understood}</i></p>`}
    ${(folded ? blocks.slice(0, SHOWN_MAX) : blocks).map(block)}
    ${message.stale && html`<p class="stale">Câu trả lời này đã quá hạn rà soát.</p>`}
    ${(rest.length > 0 || sources) && html`<details><summary>${rest.length > 0 ? 'Xem cả câu trả lời' : 'Căn cứ'}</summary>${rest.map(block)}${sources}</details>`}
    ${choices && message.choices?.length > 0 && html`<p class="choices"><span class="sr">Nút đã đưa: </span>${message.choices.map((choice) => html`<span class="choice">${choice.label}</span>`)}</p>`}`;
}

/** The message's first sentence, for lists. */
export const plain = (message) => (message.blocks ?? []).flatMap((one) => one.spans ?? one.items?.flat() ?? [{ text: one.text }]).map((part) => part.text).join(' ');
