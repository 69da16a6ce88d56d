// Canned replies: their placeholders, and finding one while typing.

import { get } from './api.js';
import { createStore } from './ui.js';

/** null until they are loaded. */
export const canned = createStore(null);

export async function loadCanned() {
  const answer = await get('/canned');
  if (answer.ok) canned.set(answer.body);
  return answer;
}

export const PLACEHOLDERS = {
  ten_tong_dai_vien: 'tên của tổng đài viên',
  gio_mo_cua: 'giờ mở cửa kế tiếp',
  so_dien_thoai: 'số tổng đài',
};

/** What is not known stays as it is written, so that the operator sees it before sending. */
export const fill = (text, values) => text.replace(/\{\{\s*([a-z_]+)\s*\}\}/g, (whole, name) => values[name] ?? whole);
export const isFilled = (text) => !/\{\{\s*[a-z_]+\s*\}\}/.test(text);

const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();

/** Those whose title or text has all words, titles first; without marks as people type. */
export function matching(all, typed, max) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => fold(text).includes(word));
  const titles = all.filter((reply) => has(reply.title));
  return [...titles, ...all.filter((reply) => !titles.includes(reply) && has(`${reply.title} ${reply.text}`))].slice(0, max);
}
