// What happened in a range of days.

import { html, useState } from '../ui.js';
import { get, query } from '../api.js';
import { Loaded } from '../parts/basic.js';
import { Icon } from '../parts/icon.js';
import { Bars, Columns, Tile } from '../parts/chart.js';
import { Page } from '../parts/page.js';
import { Range, lastDays } from '../parts/range.js';
import { measured, number, percent, spokenDay } from '../time.js';
import { CHANNELS, OUTCOMES } from '../words.js';

const OUTCOME_TONES = { answered: 's1', clarify: 's1 light', missed: 's2', handed_off: 's3', action: 's1 light', small_talk: 'plain', refused: 'plain' };
const CHANNEL_TONES = { web: 's1', telegram: 's2' };

export function Statistics() {
  const [range, setRange] = useState(() => lastDays(30));
  const path = `/statistics${query(range)}`;
  const csv = `/api/desk/statistics.csv${query(range)}`;
  return html`<${Page} title="Thống kê" lead="Giờ Việt Nam" acts=${html`<${Range} range=${range} onChange=${setRange} /><a class="button" href=${csv} download><${Icon} name="download" size=${16} />Tải CSV</a>`}>
    <${Loaded} about=${path} load=${() => get(path)} waiting="Đang cộng số liệu…">${(numbers) => html`<${Numbers} numbers=${numbers} />`}<//>
  <//>`;
}

function Numbers({ numbers }) {
  const { by_day, outcomes, first_reply_ms, resolution_ms, service_level, ratings, topics } = numbers;
  const sum = (list) => list.reduce((total, n) => total + n, 0);
  const conversations = sum(by_day.map((one) => one.conversations));
  const handoffs = sum(by_day.map((one) => one.handoffs));
  const settled = outcomes.answered + outcomes.clarify + outcomes.missed;
  const rated = sum(ratings);
  const mean = rated ? ratings.reduce((total, count, at) => total + count * (at + 1), 0) / rated : null;
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const channels = [...new Set(numbers.conversations.map((one) => one.channel))];
  const perHour = (channel) => hours.map((hour) => sum(numbers.conversations.filter((one) => one.channel === channel && one.hour === hour).map((one) => one.count)));
  return html`
    <dl class="tiles">
      <${Tile} label="Cuộc trò chuyện" value=${number(conversations)} note=${`${number(handoffs)} cuộc gặp tổng đài viên`} />
      <${Tile} label="Bot trả lời được" value=${percent(settled ? outcomes.answered / settled : NaN)} note=${`trên ${number(settled)} câu hỏi`} />
      <${Tile} label="Trả lời đầu tiên" value=${measured(first_reply_ms.p50)} note=${`9 trên 10 cuộc dưới ${measured(first_reply_ms.p90)}`} />
      <${Tile} label="Giải quyết xong" value=${measured(resolution_ms.p50)} note=${`9 trên 10 cuộc dưới ${measured(resolution_ms.p90)}`} />
      <${Tile} label="Đúng mức phục vụ" value=${percent(service_level.of ? service_level.within / service_level.of : NaN)} note=${`${number(service_level.within)} trên ${number(service_level.of)} cuộc`} />
      <${Tile} label="Điểm hài lòng" value=${mean ? mean.toFixed(1).replace('.', ',') : 'chưa có'} note=${`trên 5, ${number(rated)} lượt chấm`} />
    </dl>
    <h2 class="sr">Biểu đồ</h2>
    <div class="charts">
      <${Columns} title="Theo ngày" unit="số cuộc mỗi ngày" first="Ngày" within labels=${by_day.map((one) => spokenDay(one.day).slice(0, 5))}
        series=${[{ name: 'Tất cả', tone: 's1 light', values: by_day.map((one) => one.conversations) }, { name: 'Gặp tổng đài viên', tone: 's1', values: by_day.map((one) => one.handoffs) }]} />
      <${Columns} title="Theo giờ" unit="số cuộc bắt đầu trong giờ, cả khoảng" first="Giờ" labels=${hours.map((hour) => `${hour}h`)}
        series=${channels.map((channel) => ({ name: CHANNELS[channel] ?? channel, tone: CHANNEL_TONES[channel] ?? 's3', values: perHour(channel) }))} />
      <${Bars} title="Câu hỏi kết thúc thế nào" unit="số lượt" rows=${Object.entries(outcomes).map(([outcome, count]) => ({ key: outcome, label: OUTCOMES[outcome] ?? outcome, value: count, tone: OUTCOME_TONES[outcome] }))} />
      <${Bars} title="Người dân chấm điểm" unit="số lượt" empty="Chưa ai chấm điểm trong khoảng này." rows=${[5, 4, 3, 2, 1].map((stars) => ({ key: stars, label: `${stars} sao`, value: ratings[stars - 1], tone: stars <= 2 ? 's2' : 's1' }))} />
      <${Bars} title="Được hỏi nhiều nhất" unit="số lượt trả lời" shares=${false} rows=${topics.slice(0, 12).map((topic) => ({ key: topic.topic, label: topic.title, value: topic.count }))} />
    </div>`;
}
