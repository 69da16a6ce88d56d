// The one door to the vendored view library, and what every view needs of it.
//
// `html` makes elements out of a template; whatever is put into it becomes a text node or an attribute, never HTML.

import { h, render, Fragment } from './vendor/preact.js';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from './vendor/hooks.js';
import htm from './vendor/htm.js';

export { Fragment, render, useEffect, useLayoutEffect, useMemo, useRef, useState };

export const html = htm.bind(h);

/** A value that views follow. `set` with an equal value tells nobody. */
export function createStore(value) {
  const followers = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const follower of [...followers]) follower();
    },
    change(how) { this.set(how(value)); },
    follow(follower) {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

/** The store's value in a view, which is drawn again when it changes. */
export function useStore(store) {
  const [, redraw] = useState(0);
  useEffect(() => {
    // It may have changed between drawing and here.
    redraw((n) => n + 1);
    return store.follow(() => redraw((n) => n + 1));
  }, [store]);
  return store.get();
}

/** Now by the server's clock, told again every `every_ms`. */
export function useNow(every_ms) {
  const [now, setNow] = useState(serverNow());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), every_ms);
    return () => clearInterval(timer);
  }, [every_ms]);
  return now;
}

let ahead_ms = 0; // of the server's clock, before this computer's
export const serverNow = () => Date.now() + ahead_ms;
export function heardServerClock(now_ms) {
  if (Number.isFinite(now_ms)) ahead_ms = now_ms - Date.now();
}

const regions = { polite: 'news', assertive: 'alarm' };
/** Says a sentence to who listens instead of looking. */
export function announce(text, how = 'polite') {
  const region = document.getElementById(regions[how]);
  if (!region) return;
  // The same words twice would not be read again.
  region.textContent = '';
  setTimeout(() => { region.textContent = text; }, 60);
}

/** Joins the class names that hold. */
export const classes = (...names) => names.filter(Boolean).join(' ') || undefined;

export const uuid = () => crypto.randomUUID?.() ?? '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
  (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

/** The tail by which people tell conversations apart. */
export const shortId = (id) => String(id ?? '').replaceAll('-', '').slice(-4).toUpperCase();

// Where storage is forbidden, all works until the page is left.
const memory = new Map();
export const stored = {
  get(name) {
    if (memory.has(name)) return memory.get(name);
    try { return JSON.parse(localStorage.getItem(`hotro:desk:${name}`)); } catch { return null; }
  },
  set(name, value) {
    try {
      if (value == null) localStorage.removeItem(`hotro:desk:${name}`);
      else localStorage.setItem(`hotro:desk:${name}`, JSON.stringify(value));
      memory.delete(name);
    } catch {
      memory.set(name, value);
    }
  },
  names() {
    try { return Object.keys(localStorage).filter((key) => key.startsWith('hotro:desk:')).map((key) => key.slice('hotro:desk:'.length)); } catch { return [...memory.keys()]; }
  },
};
