// Small drawings of one stroke. They say nothing to screen readers: the words stand beside them.

import { html } from '../ui.js';

const PATHS = {
  desk: 'M3.5 5.5A2 2 0 0 1 5.5 3.5h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-4 3v-3a1.6 1.6 0 0 1-1.5-1.6z',
  phone: 'M6.2 3.5 8 7.2 6.4 8.7a9 9 0 0 0 4.9 4.9L12.8 12l3.7 1.8v2.2a1.5 1.5 0 0 1-1.7 1.5A13 13 0 0 1 2.5 5.2 1.5 1.5 0 0 1 4 3.5z',
  board: 'M3.5 16.5v-6M8 16.5v-13M12.5 16.5v-8M16.5 16.5v-5',
  chart: 'M3.5 14 8 9l3 3 5.5-6.5M12.5 5.5h4v4',
  gap: 'M7.5 7.5a2.6 2.6 0 1 1 3.5 2.4c-.7.3-1 .8-1 1.6M10 14.3v.2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  news: 'M3.5 4.5h10v10a1.5 1.5 0 0 0 3 0V8h-3M3.5 4.5v10A1.5 1.5 0 0 0 5 16h10M6 8h5M6 10.5h5M6 13h3',
  place: 'M10 17.5s5.5-5 5.5-9a5.5 5.5 0 0 0-11 0c0 4 5.5 9 5.5 9zM12 8.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0z',
  canned: 'M5 3.5h10a1 1 0 0 1 1 1v12l-3-2-3 2-3-2-3 2v-12a1 1 0 0 1 1-1zM7 7.5h6M7 10.5h4',
  people: 'M10.5 7a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0zM2.8 16.5c.3-3 2.3-4.5 4.9-4.5s4.6 1.5 4.9 4.5M13 4.5a2.6 2.6 0 0 1 0 5M14.5 12.2c1.7.6 2.6 2 2.8 4.3',
  calendar: 'M4.5 5h11a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM3.5 9h13M7 3v3M13 3v3',
  audit: 'M10 3 4 5.5v4c0 4 2.5 6.3 6 7.5 3.5-1.2 6-3.5 6-7.5v-4zM7.5 10l1.8 1.8L13 8.2',
  web: 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0zM3.2 10h13.6M10 3c2.2 2 2.8 4.5 2.8 7s-.6 5-2.8 7c-2.2-2-2.8-4.5-2.8-7s.6-5 2.8-7z',
  telegram: 'M16.8 3.7 2.7 9.2l4.6 1.7 1.8 5.4 2.5-3 3.4 2.5zM7.3 10.9l9.5-7.2-6 8.7',
  terminal: 'M4 6l4 4-4 4M10 14.5h6',
  search: 'M14 8.8a5.2 5.2 0 1 1-10.4 0 5.2 5.2 0 0 1 10.4 0zM12.7 12.6 16.8 16.7',
  transfer: 'M3.5 7h12M12 3.5 15.5 7 12 10.5M16.5 13.5h-12M8 10.5 4.5 13.5 8 16.5',
  back: 'M4 8.5h8a4 4 0 0 1 0 8H8M7.5 5 4 8.5 7.5 12',
  check: 'M4 10.5l4 4 8-9',
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M10 16.5V4M4.5 9.5 10 4l5.5 5.5',
  note: 'M4 3.5h12v8l-5 5H4zM11 16.5v-5h5',
  label: 'M3.5 4.5v5l7.5 7.5 5.5-5.5L9 4H4zM7 7.5v.1',
  panel: 'M4.5 4h11a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM12 4v12',
  down: 'M5 7.5l5 5 5-5',
  right: 'M7.5 5l5 5-5 5',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  plus: 'M10 4v12M4 10h12',
  copy: 'M7 7V4.5a1 1 0 0 1 1-1h7.5a1 1 0 0 1 1 1V12a1 1 0 0 1-1 1H13M4.5 7H12a1 1 0 0 1 1 1v7.5a1 1 0 0 1-1 1H4.5a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1z',
  download: 'M10 3.5v9M6 9l4 4 4-4M4 16.5h12',
  file: 'M5 3.5h6.5L15.5 7.5v9H5zM11 3.5V8h4.5',
  keyboard: 'M3.5 5.5h13a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM6 8.5h.1M9 8.5h.1M12 8.5h.1M14.5 8.5h.1M7 11.8h6',
  bell: 'M5.5 8.5a4.5 4.5 0 0 1 9 0c0 4 1.5 5 1.5 5H4s1.5-1 1.5-5zM8.5 16a1.7 1.7 0 0 0 3 0',
  eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM12.3 10a2.3 2.3 0 1 1-4.6 0 2.3 2.3 0 0 1 4.6 0z',
  alert: 'M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3v.1',
  leave: 'M8 3.5H5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h3M12 6.5l3.5 3.5-3.5 3.5M15.5 10H8',
  star: 'M10 3.2l2.1 4.3 4.7.7-3.4 3.3.8 4.7-4.2-2.2-4.2 2.2.8-4.7L3.2 8.2l4.7-.7z',
};

export function Icon({ name, size = 18 }) {
  return html`<svg class="icon" viewBox="0 0 20 20" width=${size} height=${size} aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** The letter ô, a speech bubble under a roof: the mark of hotro. */
export function Mark({ size = 26 }) {
  return html`<svg class="mark" viewBox="4 2 56 58" width=${size} height=${size} aria-hidden="true">
    <path class="roof" d="M16.5 20.5 32 9l15.5 11.5" /><circle class="ring" cx="32" cy="39.5" r="14.5" /><path class="tail" d="M17.4 46.5l-1.2 8.3 8.4-1.2z" />
  </svg>`;
}
