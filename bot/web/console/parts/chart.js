// Charts of a few numbers. Each has its unit in words and a table of the same numbers: a drawing alone says nothing to who cannot
// see it, and little to who wants to know exactly.

import { html, useEffect, useRef, useState } from '../ui.js';
import { number, percent } from '../time.js';

const HEIGHT = 190;
const LEFT = 40; // for the numbers of the axis
const BOTTOM = 22; // for the names of the columns
const TOP = 8;
const LABEL_PX = 42; // a name under a column needs so much

/** 1, 2 or 5 times a power of ten, so that about four lines fit. */
function stepOf(most) {
  const raw = Math.max(1, most / 4);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
}

/**
 * Columns. `series`: [{name, tone, values}], as many values as `labels`. They stand on each other; with `within`, the second
 * is a part of the first and is drawn in it.
 */
export function Columns({ title, unit, labels, series, within = false, first }) {
  const box = useRef(null);
  const [width, setWidth] = useState(640);
  const [at, setAt] = useState(null);
  useEffect(() => {
    const sized = new ResizeObserver(([entry]) => setWidth(Math.max(260, Math.round(entry.contentRect.width))));
    sized.observe(box.current);
    return () => sized.disconnect();
  }, []);
  const sum = (index) => (within ? series[0].values[index] : series.reduce((total, one) => total + one.values[index], 0));
  const most = Math.max(1, ...labels.map((_, index) => sum(index)));
  const step = stepOf(most);
  const top = Math.ceil(most / step) * step;
  const [wide, high] = [width - LEFT, HEIGHT - BOTTOM - TOP];
  const slot = wide / Math.max(1, labels.length);
  const thick = Math.min(34, Math.max(2, slot * 0.66));
  const y = (value) => TOP + high - (value / top) * high;
  const every = Math.max(1, Math.ceil(LABEL_PX / slot));
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const column = (index) => {
    const x = LEFT + slot * index + (slot - thick) / 2;
    let base = 0;
    return series.map((one) => {
      const value = one.values[index];
      const from = within ? 0 : base;
      base += value;
      return value > 0 && html`<rect class=${`mark ${one.tone}`} x=${x} y=${y(from + value)} width=${thick} height=${Math.max(1, y(from) - y(from + value))} rx=${Math.min(2, thick / 4)} />`;
    });
  };
  return html`<figure class="chart"><figcaption><h3>${title}</h3><span class="soft">${unit}</span>
      <ul class="legend">${series.map((one) => html`<li><i class=${`key ${one.tone}`}></i>${one.name}</li>`)}</ul></figcaption>
    <div class="plot" ref=${box} onPointerLeave=${() => setAt(null)}>
      <svg width=${width} height=${HEIGHT} viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-label=${`${title}. Bảng số ở bên dưới.`}>
        ${ticks.map((value) => html`<g class="tick"><line x1=${LEFT} x2=${width} y1=${y(value)} y2=${y(value)} /><text x=${LEFT - 8} y=${y(value) + 4}>${number(value)}</text></g>`)}
        ${labels.map((label, index) => html`<g class=${at === index ? 'at' : ''} onPointerEnter=${() => setAt(index)}><rect class="hit" x=${LEFT + slot * index} y=${TOP} width=${slot} height=${high} />${column(index)}
          ${index % every === 0 && html`<text class="name" x=${LEFT + slot * (index + 0.5)} y=${HEIGHT - 5}>${label}</text>`}</g>`)}
      </svg>
      ${at != null && html`<p class="tip" style=${{ left: `${Math.min(width - 150, Math.max(LEFT, LEFT + slot * (at + 0.5) - 70))}px` }}><b>${labels[at]}</b>${series.map((one) => html`<span><i class=${`key ${one.tone}`}></i>${one.name}<b>${number(one.values[at])}</b></span>`)}</p>`}
    </div>
    <details class="numbers"><summary>Xem bảng số</summary><div class="scroll"><table><caption class="sr">${title}, ${unit}</caption><thead><tr><th scope="col">${first}</th>${series.map((one) => html`<th scope="col" class="num">${one.name}</th>`)}</tr></thead>
      <tbody>${labels.map((label, index) => html`<tr><th scope="row">${label}</th>${series.map((one) => html`<td class="num">${number(one.values[index])}</td>`)}</tr>`)}</tbody></table></div></details>
  </figure>`;
}

/** A table whose second column is drawn. `rows`: [{key, label, value, tone?}]. */
export function Bars({ title, unit, rows, shares = true, empty = 'Chưa có số liệu trong khoảng này.' }) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  return html`<figure class="chart"><figcaption><h3>${title}</h3><span class="soft">${unit}</span></figcaption>
    ${total === 0 ? html`<p class="none">${empty}</p>` : html`<table class="bars"><caption class="sr">${title}, ${unit}</caption><tbody>${rows.map((row) => html`<tr key=${row.key}><th scope="row">${row.label}</th>
      <td class="bar"><svg width="100%" height="12" aria-hidden="true"><rect class="ground" width="100%" height="12" rx="3" /><rect class=${`mark ${row.tone ?? 's1'}`} width=${`${(row.value / most) * 100}%`} height="12" rx="3" /></svg></td>
      <td class="num">${number(row.value)}</td>${shares && html`<td class="num soft">${percent(row.value / total)}</td>`}</tr>`)}</tbody></table>`}
  </figure>`;
}

/** One number that matters. */
export function Tile({ label, value, note, tone }) {
  return html`<div class=${`tile ${tone ?? ''}`}><dt>${label}</dt><dd><b>${value}</b>${note && html`<span class="soft">${note}</span>`}</dd></div>`;
}
