// A range of days, by the usual spans or by hand.

import { html } from '../ui.js';
import { isoDay } from '../time.js';

const DAY_MS = 24 * 3_600_000;
const SPANS = [[7, '7 ngày'], [30, '30 ngày'], [90, '90 ngày']];

export const lastDays = (days) => ({ from: isoDay(Date.now() - (days - 1) * DAY_MS), to: isoDay(Date.now()) });

export function Range({ range, onChange }) {
  const today = isoDay(Date.now());
  const set = (name) => (event) => { if (event.target.value) onChange({ ...range, [name]: event.target.value }); };
  return html`<div class="range">
    <div class="segments" role="group" aria-label="Khoảng thời gian">${SPANS.map(([days, label]) => {
      const span = lastDays(days);
      return html`<button type="button" aria-pressed=${String(span.from === range.from && span.to === range.to)} onClick=${() => onChange(span)}>${label}</button>`;
    })}</div>
    <label>Từ <input type="date" value=${range.from} max=${range.to} onChange=${set('from')} /></label>
    <label>đến <input type="date" value=${range.to} min=${range.from} max=${today} onChange=${set('to')} /></label>
  </div>`;
}
