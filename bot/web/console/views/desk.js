// The desk: the list, the open conversation, and what one needs to know about it.

import { announce, classes, html, shortId, useEffect, useState, useStore } from '../ui.js';
import { go, route } from '../route.js';
import { desk, handoffOf, listed } from '../desk.js';
import { closeLog, log, openLog } from '../log.js';
import { useKeys } from '../keys.js';
import { List } from './list.js';
import { Conversation } from './conversation.js';
import { Context } from './context.js';
import { Empty } from '../parts/basic.js';
import { CHANNELS } from '../words.js';

/** Below this width the third column lies over the second, and is opened when needed. */
const WIDE = window.matchMedia('(min-width: 1180px)');

export function Desk() {
  const { id } = useStore(route);
  const { view } = useStore(desk);
  const open = useStore(log);
  const [aside, setAside] = useState(WIDE.matches);
  useEffect(() => { openLog(id); }, [id]);
  useEffect(() => closeLog, []);
  useEffect(() => {
    const follow = () => setAside(WIDE.matches);
    WIDE.addEventListener('change', follow);
    return () => WIDE.removeEventListener('change', follow);
  }, []);

  const step = (by) => {
    const all = listed(view);
    if (!all.length) return;
    const at = all.findIndex((handoff) => handoff.conversation_id === id);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
    const { conversation_id, channel, preview } = all[next];
    go(`/console/c/${conversation_id}`);
    announce(`${CHANNELS[channel] ?? channel} ${shortId(conversation_id)}: ${preview}`);
    document.querySelector(`.row[href$="${CSS.escape(conversation_id)}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  useKeys({ j: () => step(1), k: () => step(-1), i: () => setAside(!aside) });

  const shown = open && open.id === id ? open : null;
  // The list knows the present, but only the first hundred who wait; beyond them counts what was so on opening.
  const beyond = shown?.detail?.handoff?.stage === 'waiting' && view?.waiting_total > view?.waiting.length ? shown.detail.handoff : null;
  const handoff = (id && handoffOf(view, id)) ?? beyond;
  return html`<div class=${classes('desk', aside && id && 'with-aside')}>
    <${List} view=${view} openId=${id} />
    ${shown
      ? html`<${Conversation} key=${id} open=${shown} handoff=${handoff} aside=${aside} onAside=${() => setAside(!aside)} />
        ${aside && shown.status === 'ready' && html`<${Context} key=${`context-${id}`} open=${shown} handoff=${handoff} onClose=${WIDE.matches ? null : () => setAside(false)} />`}`
      : html`<section class="conversation nothing">${!id && html`<h1 class="sr">Bàn trực</h1><${Empty} icon="desk" title="Chọn một cuộc ở danh sách">Bấm J hoặc K để đi qua từng cuộc, ? để xem các phím tắt.<//>`}</section>`}
  </div>`;
}
