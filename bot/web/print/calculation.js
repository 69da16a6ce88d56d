// The page to print: what was answered stands behind `#` in its address, which no server sees; the figures are calculated anew.
'use strict';
{
  const el = (name, ...parts) => {
    const node = document.createElement(name);
    node.append(...parts.filter((part) => part !== null && part !== undefined));
    return node;
  };
  const words = (spans) => (spans ?? []).map((span) => (span.bold ? el('strong', span.text) : document.createTextNode(span.text)));

  /** The steps as a table: what, and the basis in the last pair of brackets. */
  const steps = (items) => {
    const rows = items.map((spans, at) => {
      const [what, ...basis] = spans;
      const text = basis.map((span) => span.text).join('').trim().replace(/^\(|\)$/g, '');
      return el('tr', el('td', String(at + 1)), el('td', what.text), el('td', text));
    });
    return el('table', el('thead', el('tr', el('th', 'TT'), el('th', 'Bước'), el('th', 'Căn cứ'))), el('tbody', ...rows));
  };

  const BLOCKS = {
    paragraph: ({ spans }) => el('p', ...words(spans)),
    heading: ({ text }) => el('h2', text),
    steps: ({ items }) => steps(items),
    bullets: ({ items }) => el('ul', ...items.map((spans) => el('li', ...words(spans)))),
  };

  const sheet = document.getElementById('sheet');
  const say = (text) => sheet.replaceChildren(el('p', text));

  async function show() {
    const [, name, answers] = /^#([a-z-]+)\?(.*)$/s.exec(location.hash) ?? [];
    if (!name) return say('Địa chỉ này thiếu số liệu. Bạn mở lại từ nút “Bản để in, lưu” trong cuộc trò chuyện nhé.');
    try {
      const response = await fetch(`/api/calculators/${name}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: decodeURIComponent(answers) });
      const body = await response.json();
      if (!response.ok) return say(body.error?.message ?? body.message ?? 'Số liệu trong địa chỉ này không tính được.');
      const [year, month, day] = body.as_of.split('-');
      document.getElementById('when').textContent = `Tính theo quy định đến ngày ${day}/${month}/${year}.`;
      sheet.replaceChildren(...body.text.map((block) => BLOCKS[block.type]?.(block)).filter(Boolean));
      return document.documentElement.setAttribute('data-ready', '');
    } catch {
      return say('Chưa tính được lúc này. Bạn tải lại trang sau ít giây nhé.');
    }
  }

  document.getElementById('print').addEventListener('click', () => window.print());
  window.addEventListener('hashchange', show);
  show();
}
