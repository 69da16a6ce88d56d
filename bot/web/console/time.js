// Moments, lengths of time and numbers as people in Vietnam read them. Moments are shown in Vietnam's time wherever the browser is.

const ZONE = 'Asia/Ho_Chi_Minh';
const format = (options) => new Intl.DateTimeFormat('vi-VN', { timeZone: ZONE, hourCycle: 'h23', ...options });
const CLOCK = format({ hour: '2-digit', minute: '2-digit' });
const DAY = format({ day: '2-digit', month: '2-digit', year: 'numeric' });
const ISO_DAY = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });
const WEEKDAY = format({ weekday: 'long' });
const NUMBER = new Intl.NumberFormat('vi-VN');

/** 10:42 */
export const clock = (ms) => CLOCK.format(ms);
/** 26/11/2026 */
export const day = (ms) => DAY.format(ms);
/** 2026-11-26 */
export const isoDay = (ms) => ISO_DAY.format(ms);
export const sameDay = (a_ms, b_ms) => isoDay(a_ms) === isoDay(b_ms);
/** 10:42, with the day when it is not today's */
export const moment = (ms, now_ms) => (sameDay(ms, now_ms) ? clock(ms) : `${clock(ms)}, ${day(ms)}`);
/** thứ hai, 30/11/2026 lúc 08:00 */
export const opening = (ms) => `${WEEKDAY.format(ms).toLowerCase()}, ${day(ms)} lúc ${clock(ms)}`;
/** 2026-11-26 -> 26/11/2026 */
export const spokenDay = (iso) => String(iso ?? '').split('-').reverse().join('/');

/** 40 giây, 4 phút, 1 giờ 05 */
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} giây`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} phút`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} giờ ${String(minutes % 60).padStart(2, '0')}` : `${hours} giờ`;
  return `${Math.floor(hours / 24)} ngày`;
}

/** 4 phút 07, 1 giờ 04: for what is watched while it grows. Not 4:07, which reads as a time of day. */
export function stopwatch(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60 || seconds >= 3600) return length(ms);
  return `${Math.floor(seconds / 60)} phút ${String(seconds % 60).padStart(2, '0')}`;
}

/** 45 giây, 3 phút 20: for measured lengths */
export function measured(ms) {
  if (ms == null) return 'chưa có';
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} giây`;
  if (seconds < 3600) return seconds % 60 ? `${Math.floor(seconds / 60)} phút ${seconds % 60}` : `${seconds / 60} phút`;
  return length(ms);
}

/** 1.234 */
export const number = (n) => NUMBER.format(n);
/** 92 % */
export const percent = (share) => (Number.isFinite(share) ? `${Math.round(share * 100)} %` : 'chưa có');
