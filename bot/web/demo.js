// Says which invented people can be looked up here, where there are any.
(async () => {
  'use strict';
  const answer = await fetch('/api/demo').then((response) => response.json()).catch(() => null);
  const people = answer?.people ?? [];
  const section = document.getElementById('demo');
  if (!people.length || !section) return;
  const el = (tag, ...parts) => {
    const node = document.createElement(tag);
    node.append(...parts);
    return node;
  };
  const note = el('div', el('dt', 'Bản chạy thử: người trong danh sách không có thật'), el('dd', 'Gõ “tra cứu” rồi nhập mã số và ngày sinh dưới đây. Mã xác thực hiện ở cửa sổ đang chạy hotro.'));
  note.className = 'first';
  section.querySelector('dl').append(note, ...people.map(({ code, birth, about }) => el('div', el('dt', `${code}, sinh ${birth}`), el('dd', `${about[0].toUpperCase()}${about.slice(1)}.`))));
  section.hidden = false;
})();
