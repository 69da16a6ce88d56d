// Who did what. Nobody can change it, here or elsewhere.

import { html, useEffect, useState } from '../ui.js';
import { get, query } from '../api.js';
import { Button, Chip, Empty, Trouble, Waiting } from '../parts/basic.js';
import { Page, Table } from '../parts/page.js';
import { clock, day } from '../time.js';
import { AUDITED, ROLES, skillName } from '../words.js';

const PAGE_MAX = 100; // acts in one answer
/** What a supervisor should look at. */
const GRAVE = new Set(['refused', 'sign_in_failed', 'locked_out', 'operator_disabled']);

export function Audit() {
  const [acts, setActs] = useState(null);
  const [names, setNames] = useState(new Map());
  const [reason, setReason] = useState(null);
  const [kind, setKind] = useState('');
  const [more, setMore] = useState(false);
  const load = async () => {
    const answer = await get(`/audit${query({ before: acts?.at(-1)?.audit_id })}`);
    setReason(answer.ok ? null : answer.reason);
    if (!answer.ok) return;
    setActs([...(acts ?? []), ...answer.body.acts]);
    setMore(answer.body.acts.length >= PAGE_MAX);
  };
  useEffect(() => {
    load();
    get('/operators').then((answer) => { if (answer.ok) setNames(new Map(answer.body.operators.map((operator) => [operator.operator_id, operator.display_name]))); });
  }, []);
  const who = (id) => names.get(id) ?? { 'command line': 'Dòng lệnh', anyone: 'Người lạ' }[id] ?? `${id.slice(0, 8)}…`;
  const kinds = [...new Set((acts ?? []).map((act) => act.action))];
  const shown = (acts ?? []).filter((act) => !kind || act.action === kind);
  return html`<${Page} title="Nhật ký" lead="Mới nhất ở trên. Không ai sửa hay xóa được." acts=${html`<label class="pick">Việc <select value=${kind} onChange=${(event) => setKind(event.target.value)}><option value="">Tất cả</option>${kinds.map((one) => html`<option value=${one}>${AUDITED[one] ?? one}</option>`)}</select></label>`}>
    ${reason && html`<${Trouble} reason=${reason} onAgain=${load} />`}
    ${!acts && !reason && html`<${Waiting} />`}
    ${acts && (shown.length ? html`<${Table} caption="Nhật ký" head=${['Lúc', 'Ai', 'Việc', 'Với', 'Chi tiết']}>${shown.map((act) => html`<tr key=${act.audit_id}><td class="when">${clock(act.at_ms)}<span class="soft under">${day(act.at_ms)}</span></td><td>${who(act.actor)}</td>
      <td><${Chip} tone=${GRAVE.has(act.action) ? 'refused' : ''}>${AUDITED[act.action] ?? act.action}<//></td><td class="soft">${act.subject ? who(act.subject) : ''}</td><td class="wrap soft detail">${details(act.detail)}</td></tr>`)}<//>` : html`<${Empty} icon="audit" title="Chưa có việc nào" />`)}
    ${more && html`<p class="center"><${Button} onClick=${load}>Xem cũ hơn<//></p>`}
  <//>`;
}

const DETAILS = { second_factor: 'hai lớp', bot_enabled: 'bot', handoff_enabled: 'chuyển tổng đài viên', what: 'việc', reason: 'lý do', network: 'mạng', role: 'vai trò', skills: 'lĩnh vực', capacity: 'tối đa', display_name: 'tên', service_level_s: 'mức phục vụ (giây)' };
const REASONS = { true: 'bật', false: 'tắt', added: 'thêm', changed: 'sửa', removed: 'xóa', conversation: 'cuộc không phải của mình', handoff: 'cuộc không còn của mình', origin: 'đến từ trang khác', session: 'phiên không hợp lệ', role: 'vượt quyền', invitation: 'lời mời hết hạn', password: 'sai mật khẩu' };
const told = (key, value) => (key === 'role' ? ROLES[value] ?? value : key === 'skills' ? value.map(skillName).join(', ') || 'mọi lĩnh vực' : REASONS[value] ?? (typeof value === 'object' ? JSON.stringify(value) : value));
const details = (detail) => Object.entries(detail ?? {}).filter(([, value]) => value != null).map(([key, value]) => `${DETAILS[key] ?? key}: ${told(key, value)}`).join(' · ');
