// The desk as the server sees it: one state that comes whole with every change, so that a lost connection loses nothing.

import { post, put } from './api.js';
import { follow } from './stream.js';
import { isSupervisor, me } from './session.js';
import { createStore, heardServerClock, serverNow, stored } from './ui.js';

const TYPING_MS = 6_000;
const TARGET_MS = 120_000; // of a wait, until the server tells its own

/** `view` is the data of the event `desk`, or null before the first; `link`: connecting, live or lost. */
export const desk = createStore({ view: null, link: 'connecting' });
/** Conversation id -> until when its citizen counts as typing. */
export const typing = createStore(new Map());

// The page's policy lets no text become code; this is the one address that may.
const BEAT_SCRIPT = window.trustedTypes?.createPolicy('beat', { createScriptURL: () => '/console/beat.js' }).createScriptURL('') ?? '/console/beat.js';

let stop = null;
let beats = null;

/** Follows the desk and shows that this operator is there. */
export function openDesk() {
  closeDesk();
  stop = new AbortController();
  follow('/events', {
    signal: stop.signal,
    onLink: (link) => desk.change((was) => (was.link === link ? was : { ...was, link })),
    onEvent(type, data) {
      if (type === 'desk') {
        heardServerClock(data.now_ms);
        desk.change((was) => ({ ...was, view: data }));
        // What counts after a break is what was last so, whoever made it so.
        if (data.me.seat && data.me.seat.accepting !== wish()) rememberWish(data.me.seat.accepting);
      } else if (type === 'typing') sawTyping(data.conversation_id);
    },
  });
  beats = new Worker(BEAT_SCRIPT);
  beats.onmessage = beat;
  beat();
}

export function closeDesk() {
  stop?.abort();
  beats?.terminate();
  stop = beats = null;
  desk.set({ view: null, link: 'connecting' });
}

/** What an operator said last about offers, for the next time they sit down. */
const wish = () => stored.get(`${me()?.operator_id}:accepting`) === true;

/** Gives a sign of life, or sits down. */
async function beat() {
  if (!me()) return;
  const seat = desk.get().view?.me.seat;
  // A supervisor who only looks takes no seat: the queue would count on them.
  if (!seat && isSupervisor() && !wish()) return;
  // `null` renews and leaves to the server what it knows better: it stops offers to who missed one.
  await put('/presence', { accepting: seat ? null : wish() });
}
// A computer that wakes up has missed some beats.
document.addEventListener('visibilitychange', () => { if (!document.hidden && stop) beat(); });

const rememberWish = (accepting) => stored.set(`${me()?.operator_id}:accepting`, accepting);

export async function accept(accepting) {
  rememberWish(accepting);
  return put('/presence', { accepting });
}

function sawTyping(conversation_id) {
  typing.change((was) => new Map(was).set(conversation_id, serverNow() + TYPING_MS));
  setTimeout(() => typing.change((was) => new Map([...was].filter(([, until_ms]) => until_ms > serverNow()))), TYPING_MS + 50);
}
export function stoppedTyping(conversation_id) {
  if (!typing.get().has(conversation_id)) return;
  typing.change((was) => { const next = new Map(was); next.delete(conversation_id); return next; });
}

// ---- what is read off the view

/** Claimed by this operator, the longest first. */
export const held = (view) => (view?.mine ?? []).filter((handoff) => handoff.stage === 'claimed');
/** Offered to this operator, what ends first in front. */
export const offers = (view) =>
  (view?.mine ?? []).filter((handoff) => handoff.stage === 'offered').sort((a, b) => (a.offer_until_ms ?? 0) - (b.offer_until_ms ?? 0));
/** Everything on the desk by which J and K go, in the order of the list. */
export const listed = (view) => [...offers(view), ...held(view), ...(view?.waiting ?? [])];
export const handoffOf = (view, conversation_id) => everyHandoff(view).find((handoff) => handoff.conversation_id === conversation_id) ?? null;
const everyHandoff = (view) => [...(view?.mine ?? []), ...(view?.waiting ?? []), ...(view?.board?.all_claimed ?? [])];
export const operatorName = (view, id) => view?.operators?.find((operator) => operator.id === id)?.display_name ?? null;

export const target_ms = (view) => view?.service_level_target_ms ?? view?.board?.service_level?.target_ms ?? TARGET_MS;
/** How a wait looks: calm, soon or late. Soon from 60 % of the service level on. */
export const urgency = (view, wait_ms) => (wait_ms > target_ms(view) ? 'late' : wait_ms > target_ms(view) * 0.6 ? 'soon' : 'calm');

/** Since when the longest wait lasts, in Unix milliseconds; null when nobody waits. */
export function oldestQueued_ms(view) {
  if (view?.oldest_queued_ms !== undefined) return view.oldest_queued_ms;
  const since = (view?.waiting ?? []).map((handoff) => handoff.queued_ms);
  return since.length ? Math.min(...since) : null;
}

/** Whether the conversation's own operator sits at this page, so that it can be written to. */
export const isMine = (handoff) => handoff?.stage === 'claimed' && handoff.operator_id === me()?.operator_id;
/** Where to go when this conversation has left one's hands: to the next of one's own, else to the desk. */
export function pathAfter(handoff) {
  const next = held(desk.get().view).find((other) => other.handoff_id !== handoff.handoff_id);
  return next ? `/console/c/${next.conversation_id}` : '/console';
}

/** The fencing number for an act: none where a supervisor acts on another's conversation. */
const fence = (handoff) => (isMine(handoff) ? handoff.fence : null);

// ---- acts

export async function claim(handoff) {
  // Claiming needs a seat; who sits already keeps what they said about offers.
  if (!desk.get().view?.me.seat) await put('/presence', { accepting: wish() });
  return post(`/handoffs/${handoff.handoff_id}/claim`);
}
export const giveBack = (handoff) => post(`/handoffs/${handoff.handoff_id}/return`, { fence: fence(handoff) });
export const resolve = (handoff, reason) => post(`/handoffs/${handoff.handoff_id}/resolve`, { fence: fence(handoff), reason });
export const transfer = (handoff, { to_operator = null, to_skill = null, note }) =>
  post(`/handoffs/${handoff.handoff_id}/transfer`, { fence: fence(handoff), to_operator, to_skill, note });
