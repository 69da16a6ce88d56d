// The conversation that is offered to this operator, with the time left to take it.

import { html, useNow, useState, useStore } from '../ui.js';
import { accept, claim, desk, offers } from '../desk.js';
import { go } from '../route.js';
import { useKeys } from '../keys.js';
import { Button, ChannelIcon, Chip, Key } from '../parts/basic.js';
import { length } from '../time.js';
import { CHANNELS, PRIORITIES, skillName } from '../words.js';

const OFFER_MS = 30_000; // how long an offer stands by default: only for how full the ring is

export function Offer() {
  const { view } = useStore(desk);
  const now = useNow(250);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const all = offers(view);
  const offer = all[0];
  const take = async () => {
    if (!offer || busy) return;
    setBusy(true);
    const answer = await claim(offer);
    setBusy(false);
    setError(answer.ok ? null : answer.reason);
    if (answer.ok) go(`/console/c/${offer.conversation_id}`);
  };
  const pass = async () => {
    const answer = await accept(false);
    setError(answer.ok ? null : answer.reason);
  };
  useKeys(offer ? { a: take } : {});
  if (!offer) return error ? html`<p class="strip lost" role="alert">${error} <${Button} small onClick=${() => setError(null)}>Đã hiểu<//></p>` : null;

  const left_ms = Math.max(0, offer.offer_until_ms - now);
  const seconds = Math.ceil(left_ms / 1000);
  return html`<section class="offer" aria-label="Cuộc mời bạn nhận">
    <svg class="ring" viewBox="0 0 40 40" width="44" height="44" role="img" aria-label=${`Còn ${seconds} giây`}>
      <circle cx="20" cy="20" r="17" /><circle class="left" cx="20" cy="20" r="17" pathLength="100" stroke-dasharray=${`${Math.min(100, (left_ms / OFFER_MS) * 100)} 100`} /><text x="20" y="20">${seconds}</text>
    </svg>
    <div class="what"><p class="line"><b>Mời bạn nhận</b><span class="soft"><${ChannelIcon} channel=${offer.channel} /> ${CHANNELS[offer.channel]}, đã chờ ${length(now - offer.queued_ms)}</span><${Chip} tone=${offer.priority}>${PRIORITIES[offer.priority]}<//>${offer.need && html`<${Chip}>${skillName(offer.need)}<//>`}${all.length > 1 && html`<span class="soft">và ${all.length - 1} cuộc nữa</span>`}</p>
      <p class="preview">${offer.preview}</p>${error && html`<p class="error" role="alert">${error}</p>`}</div>
    <div class="acts"><${Button} onClick=${pass} title="Cuộc này được mời người khác, và bạn tạm ngưng nhận cuộc mới">Để người khác<//><button type="button" class="button primary tall" disabled=${busy} onClick=${take} aria-keyshortcuts="A">Nhận <${Key}>A<//></button></div>
  </section>`;
}
