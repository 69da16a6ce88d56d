// The history of contributions as a page to print. It comes as a message from the window that opened this one, and is kept nowhere.

const KINDS = { bhxh: 'BHXH', bhyt: 'BHYT', bhtn: 'BHTN' };
const main = document.querySelector('main');
const state = document.getElementById('state');

function el(tag, ...parts) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(' ');
  node.append(...parts.filter((part) => part != null && part !== false).map((part) => (part instanceof Node ? part : String(part))));
  return node;
}

function table(caption, heads, rows) {
  const cell = (tag) => (text, at) => el(heads[at].endsWith('#') ? `${tag}.number` : tag, text);
  const head = el('thead', el('tr', ...heads.map((text, at) => {
    const node = cell('th')(text.replace('#', ''), at);
    node.scope = 'col';
    return node;
  })));
  return el('div.scroll', el('table', el('caption', caption), head, el('tbody', ...rows.map((row) => el('tr', ...row.map(cell('td')))))));
}

function show({ code, made_ms, totals, periods }) {
  const made = new Date(made_ms).toLocaleString('vi-VN', { dateStyle: 'short', timeStyle: 'short' });
  const print = el('button', 'In trang này');
  print.type = 'button';
  print.addEventListener('click', () => window.print());
  main.replaceChildren(
    el('h1', 'Quá trình đóng BHXH, BHYT, BHTN'),
    el('p', `Mã số BHXH: ${code}`),
    el('p.soft', `Theo dữ liệu lúc ${made}. Bản này để tham khảo, không thay xác nhận của cơ quan BHXH.`),
    el('div.tools', print),
    table('Tổng thời gian đóng', ['Loại', 'Thời gian', 'Số tháng#', 'Khoảng không đóng'], totals.map((one) => [KINDS[one.kind], one.duration, one.months, one.gaps.join('; ') || 'không có'])),
    el('h2', 'Theo từng giai đoạn'),
    table('Các giai đoạn, cũ trước mới sau', ['Loại', 'Từ', 'Đến', 'Tháng#', 'Nơi đóng', 'Công việc', 'Mức đóng#'],
      periods.map((one) => [KINDS[one.kind], one.from, one.to, one.months, one.employer || 'tự đóng', one.job, one.salary])));
  main.querySelectorAll('td:nth-child(2), td:nth-child(3)').forEach((node) => node.classList.add('nowrap'));
}

window.addEventListener('message', (event) => {
  if (event.source !== window.opener || !event.data) return;
  if (event.data.summary) show(event.data.summary);
  else if (event.data.error) state.textContent = event.data.error;
});
if (window.opener) window.opener.postMessage('hotro-print-ready', '*');
else state.textContent = 'Trang này mở từ nút Bản in trong cuộc trò chuyện.';
setTimeout(() => { if (state.isConnected && state.textContent.endsWith('…')) state.textContent = 'Chưa lấy được dữ liệu. Bạn quay lại cuộc trò chuyện và bấm Bản in lần nữa.'; }, 15_000);
