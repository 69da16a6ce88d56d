// The frame of the pages beside the desk.

import { classes, html } from '../ui.js';

export function Page({ title, lead, acts, children, narrow }) {
  return html`<div class=${narrow ? 'page narrow' : 'page'}><header class="page-head"><div><h1>${title}</h1>${lead && html`<p class="soft">${lead}</p>`}</div>${acts && html`<div class="acts">${acts}</div>`}</header>${children}</div>`;
}

/** `head`: [words or {label, num, spare}]. A spare column is left out where there is little room; its cells have the class too. */
export function Table({ caption, head, children }) {
  return html`<div class="scroll"><table class="table"><caption class="sr">${caption}</caption><thead><tr>${head.map((cell) => html`<th scope="col" class=${classes(cell.num && 'num', cell.spare && 'spare')}>${cell.label ?? (cell || html`<span class="sr">Việc làm được</span>`)}</th>`)}</tr></thead><tbody>${children}</tbody></table></div>`;
}
