// Questions that nobody was helped with, for the editors of the FAQ.

import { html, useState } from '../ui.js';
import { get, query } from '../api.js';
import { Empty, Loaded } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { Page, Table } from '../parts/page.js';
import { Range, lastDays } from '../parts/range.js';
import { number } from '../time.js';

export function Gaps() {
  const [range, setRange] = useState(() => lastDays(30));
  const path = `/gaps${query(range)}`;
  return html`<${Page} title="Câu hỏi còn thiếu" lead="Những câu bot chưa giúp được, gộp theo ý. Nhiều người hỏi nhất ở trên." acts=${html`<${Range} range=${range} onChange=${setRange} />`}>
    <${Loaded} about=${path} load=${() => get(path)} waiting="Đang gộp các câu giống nhau…">${(gaps) => (gaps.length
      ? html`<${Table} caption="Câu hỏi còn thiếu" head=${['Câu hỏi', { label: 'Lượt hỏi', num: true }, 'Chủ đề gần nhất', '']}>${gaps.map((gap) => html`<tr key=${gap.question}>
          <th scope="row" class="wrap">${gap.question}</th><td class="num">${number(gap.count)}</td>
          <td class="wrap soft">${gap.nearest.length ? gap.nearest.map((topic) => html`<span class="near">${topic.title}</span>`) : 'chưa có chủ đề nào gần'}</td>
          <td class="end"><a class="button small" href=${`/api/desk/gaps/draft${query({ question: gap.question })}`} download><${Icon} name="download" size=${15} />Bản nháp chủ đề</a></td></tr>`)}<//>`
      : html`<${Empty} title="Không có câu nào bị bỏ sót">trong khoảng này.<//>`)}<//>
  <//>`;
}
