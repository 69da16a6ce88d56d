// Places that citizens say are wrong: what they were shown, and what is told now.

import { html, useNow, useState } from '../ui.js';
import { get, post } from '../api.js';
import { Button, Empty, Loaded } from '../parts/basic.js';
import { Page } from '../parts/page.js';
import { moment } from '../time.js';
import { PLACE_KINDS } from '../words.js';

export function Places() {
  return html`<${Page} narrow title="Địa điểm báo sai" lead="Người dân báo thông tin của các nơi này chưa đúng. Kiểm tra rồi sửa danh sách nguồn; báo cũ nhất đứng trước.">
    <${Loaded} about="place-reports" load=${() => get('/place-reports')}>${(reports, again) => (reports.length
      ? html`<ul class="cards">${reports.map((report) => html`<${Report} key=${report.place_report_id} report=${report} onDone=${again} />`)}</ul>`
      : html`<${Empty} icon="place" title="Không có báo sai nào chờ xử lý" />`)}<//>
  <//>`;
}

function Report({ report, onDone }) {
  const now = useNow(60_000);
  const [error, setError] = useState(null);
  const { place_report_id, conversation_id, kind, place_id, name, at_ms, now: told } = report;
  const finish = async () => {
    const answer = await post(`/place-reports/${place_report_id}/done`);
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) onDone();
  };
  return html`<li class="card">
    <div class="grow"><p><b>${name}</b></p>
      <p class="soft">${PLACE_KINDS[kind] ?? kind} · mã ${place_id} · báo lúc ${moment(at_ms, now)} · <a href=${`/console/c/${conversation_id}`}>Xem cuộc trò chuyện</a></p>
      ${told
        ? html`<p>${[told.name !== name && `Nay là ${told.name}`, told.address, told.phone, told.hours].filter(Boolean).join(' · ') || 'Chưa có địa chỉ, điện thoại'}</p><p class="soft">${told.source}</p>`
        : html`<p>Nơi này không còn trong danh sách đang dùng.</p>`}
      ${error && html`<p class="error" role="alert">${error}</p>`}</div>
    <div class="acts"><${Button} small icon="check" onClick=${finish}>Đã xử lý<//></div>
  </li>`;
}
