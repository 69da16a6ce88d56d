// How an operator notices an offer or a message while looking elsewhere: title, sound, notification.

import { desk, held, offers } from './desk.js';
import { log } from './log.js';
import { PRIORITIES, CHANNELS } from './words.js';
import { announce, createStore, stored } from './ui.js';

const TITLE = 'Bàn tổng đài hotro';

export const sound = createStore(stored.get('sound') !== false);
export function setSound(on) {
  stored.set('sound', on);
  sound.set(on);
  if (on) ring([660, 880]);
}

let audio = null;
/** A browser plays nothing before the first click or key: that is where this is called. */
export function wakeSound() {
  audio ??= window.AudioContext ? new AudioContext() : null;
  if (audio?.state === 'suspended') audio.resume();
}
window.addEventListener('pointerdown', wakeSound, { passive: true });
window.addEventListener('keydown', wakeSound, { passive: true });

/** Short soft tones, one after the other. */
function ring(tones_hz) {
  if (!sound.get() || audio?.state !== 'running') return;
  tones_hz.forEach((hz, at) => {
    const start_s = audio.currentTime + at * 0.16;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = 'sine';
    tone.frequency.value = hz;
    // Rising and falling, or it would click.
    volume.gain.setValueAtTime(0, start_s);
    volume.gain.linearRampToValueAtTime(0.16, start_s + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start_s + 0.32);
    tone.connect(volume).connect(audio.destination);
    tone.start(start_s);
    tone.stop(start_s + 0.34);
  });
}

export const canNotify = () => 'Notification' in window && Notification.permission;
/** Must be asked for by a click. */
export const askToNotify = () => (canNotify() === 'default' ? Notification.requestPermission() : Promise.resolve(canNotify()));

function notify(title, tag, path) {
  if (canNotify() !== 'granted' || (!document.hidden && document.hasFocus())) return;
  // No words of the citizen: others may see this screen.
  const shown = new Notification(title, { tag, icon: '/favicon.svg', body: 'Mở bàn tổng đài để xem.' });
  shown.onclick = () => {
    window.focus();
    window.dispatchEvent(new CustomEvent('console:go', { detail: path }));
    shown.close();
  };
}

// ---- what was seen

const seen = new Map(); // conversation id -> last_citizen_ms that was on a visible screen

/** Messages of the citizen that nobody has looked at here. */
export function unreadOf(handoff) {
  return handoff.unread && (handoff.last_citizen_ms ?? 0) > (seen.get(handoff.conversation_id) ?? 0) ? handoff.unread : 0;
}

const known = { offers: new Set(), unread: new Map(), started: false };

function look() {
  const { view } = desk.get();
  if (!view) { document.title = TITLE; return; }
  const open = !document.hidden && log.get()?.id;
  for (const handoff of held(view)) if (handoff.conversation_id === open) seen.set(open, handoff.last_citizen_ms ?? 0);

  const offered = offers(view);
  for (const handoff of offered) {
    if (known.offers.has(handoff.handoff_id)) continue;
    const what = `${PRIORITIES[handoff.priority] ?? 'Cuộc mới'}, kênh ${CHANNELS[handoff.channel] ?? handoff.channel}`;
    announce(`Có cuộc mới mời bạn nhận: ${what}. Bấm A để nhận.`, 'assertive');
    ring([587, 784, 988]);
    notify(`Cuộc mới: ${what}`, handoff.handoff_id, `/console/c/${handoff.conversation_id}`);
  }
  known.offers = new Set(offered.map((handoff) => handoff.handoff_id));

  let messages = 0;
  for (const handoff of held(view)) {
    const unread = unreadOf(handoff);
    messages += unread;
    if (known.started && unread > (known.unread.get(handoff.conversation_id) ?? 0)) {
      ring([740]);
      notify('Người dân vừa nhắn', handoff.conversation_id, `/console/c/${handoff.conversation_id}`);
    }
    known.unread.set(handoff.conversation_id, unread);
  }
  known.started = true;
  const count = messages + offered.length;
  document.title = count ? `(${count}) ${TITLE}` : TITLE;
}
desk.follow(look);
log.follow(look);
document.addEventListener('visibilitychange', look);
