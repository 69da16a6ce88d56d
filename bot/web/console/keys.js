// Shortcuts of one key. They can be turned off: people who speak to their computer would set them off.

import { createStore, stored, useEffect, useRef } from './ui.js';

export const KEYS = [
  ['J', 'Cuộc kế tiếp trong danh sách'],
  ['K', 'Cuộc phía trước'],
  ['A', 'Nhận cuộc đang mời, hoặc cuộc đang mở'],
  ['R', 'Trả lời người dân'],
  ['N', 'Viết ghi chú nội bộ'],
  ['/', 'Tìm câu trả lời trong bộ câu hỏi'],
  ['L', 'Gắn nhãn'],
  ['T', 'Chuyển cho đồng nghiệp hoặc lĩnh vực khác'],
  ['B', 'Trả lại hàng đợi'],
  ['E', 'Kết thúc cuộc'],
  ['I', 'Mở hoặc đóng cột thông tin'],
  ['P', 'Bật hoặc tắt nhận cuộc mới'],
  ['?', 'Bảng phím tắt này'],
];
export const FIELD_KEYS = [
  ['Enter', 'Gửi'],
  ['Shift + Enter', 'Xuống dòng'],
  ['/ ở đầu dòng trống', 'Chọn câu mẫu'],
  ['Esc', 'Rời ô soạn, đóng hộp thoại'],
];

export const shortcuts = createStore(stored.get('shortcuts') !== false);
export function setShortcuts(on) {
  stored.set('shortcuts', on);
  shortcuts.set(on);
}

const layers = [];

/** Hears keys while its view is there: {j: act, '?': act}. Later views are asked first. */
export function useKeys(map) {
  const mine = useRef(null);
  mine.current = map;
  useEffect(() => {
    layers.push(mine);
    return () => { layers.splice(layers.indexOf(mine), 1); };
  }, []);
}

// A letter by its place where the layout or an input method gives another sign.
const nameOf = ({ key, code }) => (/^[a-z]$/i.test(key) ? key.toLowerCase() : key === '/' || key === '?' ? key : /^Key[A-Z]$/.test(code) ? code.at(-1).toLowerCase() : key);

window.addEventListener('keydown', (event) => {
  if (!shortcuts.get() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const at = event.target;
  if (at.closest?.('input, textarea, select, [contenteditable], dialog')) return;
  const name = nameOf(event);
  for (const layer of [...layers].reverse()) {
    const act = layer.current[name];
    if (!act) continue;
    event.preventDefault();
    act();
    return;
  }
});
