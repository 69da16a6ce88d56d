// The secure form: code, date of birth and one-time password go from here to the server, and never into the chat.
//
// One module for two places: the widget shows it over its log, inside the shadow root, and /verify shows it as a page (Telegram).
// `call(path, token, body)` posts JSON and answers {ok, status, body, retryMs}; `open()` opens the form and answers the same.

const STYLE = `
#secure { flex: 1; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; background: var(--ground); padding: 14px; animation: appear .14s; }
#secure form, #secure .still { display: flex; flex-direction: column; gap: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 16px; }
#secure h3 { margin: 0; font-size: 1.0625em; font-weight: 650; }
#secure h3:focus { outline: none; }
#secure p, #secure dl, #secure dd { margin: 0; }
#secure .small { font-size: .875em; color: var(--soft); }
#secure dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 10px; padding: 12px; border-radius: 12px; background: var(--ground); font-size: .875em; }
#secure dt { font-weight: 600; }
#secure .field { display: flex; flex-direction: column; gap: 4px; }
#secure label { font-weight: 600; }
#secure input[type=text] { font: inherit; color: inherit; min-height: 48px; width: 100%; padding: 8px 14px; border: 1px solid var(--edge); border-radius: 12px; background: var(--card); font-variant-numeric: tabular-nums; letter-spacing: .02em; appearance: none; }
#secure input[type=text]:focus-visible { outline: 2px solid var(--link); outline-offset: -1px; border-color: var(--link); }
#secure input[aria-invalid=true] { border-color: var(--bad); }
#secure input.otp { font-size: 1.5em; letter-spacing: .35em; text-align: center; padding: 4px 0 4px .35em; }
#secure .check { display: flex; gap: 12px; align-items: center; min-height: 44px; font-weight: 400; cursor: pointer; }
#secure .check input { flex: none; width: 24px; height: 24px; margin: 0; accent-color: var(--link); }
#secure .error { color: var(--bad); font-weight: 600; font-size: .9375em; }
#secure .error:empty { display: none; }
#secure .row { display: flex; flex-wrap: wrap; gap: 8px; }
#secure .row button { flex: 1 1 9em; }
#secure button { font: inherit; min-height: 48px; padding: 6px 14px; border-radius: 24px; border: 1px solid var(--choice); background: var(--card); color: var(--link); font-weight: 600; cursor: pointer; }
#secure button.go { background: var(--blue); border-color: var(--blue); color: #fff; }
#secure button.go:hover:enabled { background: var(--blue-deep); }
#secure button:disabled { color: var(--soft); border-color: var(--line); cursor: default; }
#secure button.go:disabled { background: var(--edge); border-color: var(--edge); color: #fff; }
#secure button.plain { border: 0; background: none; align-self: flex-start; min-height: 44px; padding: 0 8px; margin: -6px -8px; text-decoration: underline; text-underline-offset: 3px; font-weight: 500; }
#secure .lock { display: flex; gap: 8px; align-items: center; }
#secure .lock svg { flex: none; }
`;
const AGAIN = 'Chưa gửi được, bạn kiểm tra mạng rồi thử lại.';

/** el('p.small', {id: 'x', click: f}, 'text', node): text stays text. */
function el(tag, ...parts) {
  const [name, ...classes] = tag.split('.');
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(' ');
  for (const part of parts) {
    if (part?.constructor !== Object) { if (part) node.append(part); continue; }
    for (const [key, value] of Object.entries(part)) {
      if (typeof value === 'function') node.addEventListener(key, value);
      else if ((value ?? false) !== false) node.setAttribute(key, value === true ? '' : value);
    }
  }
  return node;
}

function padlock() {
  const make = (tag, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    return node;
  };
  const svg = make('svg', { viewBox: '0 0 20 20', width: 20, height: 20, 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round' });
  svg.append(make('rect', { x: 3.5, y: 9, width: 13, height: 8.5, rx: 2 }), make('path', { d: 'M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9' }));
  return svg;
}

const title = (text) => el('h3', { tabindex: -1 }, el('span.lock', padlock(), text));
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** `root` is a document or a shadow root. `done(verified)` is called once, when the form is over or was given up. */
export function secureForm({ root, open, call, done, page = false }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const box = el('div', { id: 'secure', role: page ? 'main' : 'dialog', 'aria-label': 'Biểu mẫu an toàn', lang: 'vi' });
  let session = null;
  let timer = 0;
  let over = false;

  function finish(verified) {
    if (over) return;
    over = true;
    clearInterval(timer);
    box.remove();
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
    done(verified);
  }

  function show(form) {
    clearInterval(timer);
    box.replaceChildren(form);
    box.scrollTop = 0;
    // A heading says where one is; the keyboard of a phone comes up when a field is touched.
    form.querySelector('h3')?.focus({ preventScroll: true });
  }

  const still = (heading, text, ...buttons) => show(el('div.still', title(heading), el('p', { role: 'status' }, text), el('div.row', ...buttons)));
  const leave = (text = page ? 'Đóng' : 'Quay lại trò chuyện') => el('button', { type: 'button', click: () => finish(false) }, text);
  const closed = (answer) => still('Biểu mẫu đã đóng', answer.body?.error?.message ?? AGAIN, leave());

  async function begin() {
    still('Tra cứu an toàn', 'Đang mở biểu mẫu…', leave('Để sau'));
    const answer = await open();
    if (over) return;
    if (!answer.ok) {
      const again = el('button.go', { type: 'button', click: begin }, 'Thử lại');
      return still('Chưa mở được biểu mẫu', answer.body?.error?.message ?? AGAIN, answer.status === 0 && again, leave());
    }
    session = answer.body.session;
    who(answer.body.consent);
  }

  /** A field with its label, hint and error. */
  function field(id, label, hint, attributes) {
    const input = el('input', { type: 'text', id, name: id, autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', 'aria-describedby': `${id}-hint ${id}-error`, ...attributes });
    const error = el('p.error', { id: `${id}-error`, role: 'alert' });
    const node = el('div.field', el('label', { for: id }, label), input, hint && el('p.small', { id: `${id}-hint` }, hint), error);
    const tell = (text) => {
      error.textContent = text ?? '';
      input.setAttribute('aria-invalid', !!text);
      if (text) input.focus();
    };
    return { node, input, tell };
  }

  let typed = null; // kept while the form is open, to be mended

  function who(consent) {
    const code = field('identifier', 'Mã số BHXH hoặc số căn cước', 'Mã số BHXH có 10 số, căn cước có 12 số. Trên thẻ BHYT, mã số là 10 số cuối.', { inputmode: 'numeric', maxlength: 40 });
    const birth = field('birth', 'Ngày sinh', 'Ngày, tháng, năm: 05/03/1990', { inputmode: 'numeric', maxlength: 20 });
    birth.input.addEventListener('input', (event) => {
      // The keypad of a phone has no slash.
      const digits = birth.input.value.replace(/\D/g, '');
      if (event.inputType?.startsWith('insert') && /^[\d/]*$/.test(birth.input.value) && (digits.length === 2 || digits.length === 4) && !birth.input.value.endsWith('/')) birth.input.value += '/';
    });
    const agree = el('input', { type: 'checkbox', id: 'consent' });
    const problem = el('p.error', { role: 'alert' });
    const go = el('button.go', { type: 'submit' }, 'Gửi mã xác thực');
    if (typed) [code.input.value, birth.input.value, agree.checked] = [typed.identifier, typed.birth, true];
    const lines = String(consent ?? '').split('\n').map((line) => /^([^:]*): (.*)$/.exec(line)).filter(Boolean);
    const form = el('form', { novalidate: true, submit },
      title('Tra cứu an toàn'),
      el('p.small', 'Những gì bạn nhập ở đây không đi vào cuộc trò chuyện.'),
      // A link works for whoever has it, and what it opens is shown where it was offered.
      page && el('p.small', el('b', 'Chỉ nhập nếu chính bạn vừa bấm nút trong Telegram của mình.'), ' Kết quả hiện ở cuộc trò chuyện đã mở biểu mẫu này; ai đó gửi liên kết này cho bạn thì bạn đóng trang lại.'),
      code.node, birth.node,
      el('dl', ...lines.flatMap(([, term, text]) => [el('dt', term), el('dd', text)])),
      el('label.check', { for: 'consent' }, agree, el('span', 'Tôi đồng ý như trên')),
      problem, el('div.row', go, leave('Để sau')));
    async function submit(event) {
      event.preventDefault();
      [code, birth].forEach((one) => one.tell(''));
      problem.textContent = '';
      typed = { identifier: code.input.value, birth: birth.input.value };
      go.disabled = true;
      const answer = await call('/api/verification/start', session, { consent: agree.checked, ...typed });
      go.disabled = false;
      if (over) return;
      if (answer.ok) return password(answer.body, consent);
      const { code: reason, message } = answer.body?.error ?? {};
      if (answer.status === 401) return closed(answer);
      if (reason === 'identifier') code.tell(message);
      else if (reason === 'birth') birth.tell(message);
      else {
        problem.textContent = message ?? AGAIN;
        if (reason === 'consent') agree.focus();
      }
    }
    show(form);
  }

  function password(started, consent) {
    const otp = field('otp', 'Mã xác thực 6 số', null, { inputmode: 'numeric', autocomplete: 'one-time-code', maxlength: 12 });
    otp.input.className = 'otp';
    const left = el('p.small');
    const go = el('button.go', { type: 'submit' }, 'Xác minh');
    const again = el('button', { type: 'button', click: resend }, 'Gửi lại mã');
    const form = el('form', { novalidate: true, submit },
      title('Nhập mã xác thực'),
      el('p', { role: 'status' }, started.message),
      otp.node, left,
      el('div.row', go, again),
      el('p.small', 'Không đưa mã này cho bất kỳ ai, kể cả nhân viên BHXH. Không nhận được mã: kiểm tra lại thông tin, hoặc gọi ', el('a', { href: 'tel:19009068' }, '1900 9068'), ' nếu số đã đăng ký không còn dùng.'),
      el('button.plain', { type: 'button', click: () => who(consent) }, 'Sửa thông tin đã nhập'),
      el('div.row', leave('Để sau')));
    show(form);
    const from = Date.now();
    let over_s = started.otp_expires_in_s;
    let resend_s = started.resend_in_s;
    const tick = () => {
      const passed = Math.floor((Date.now() - from) / 1000);
      const valid = Math.max(0, over_s - passed);
      left.textContent = valid ? `Mã có hiệu lực trong ${clock(valid)}.` : 'Mã đã hết hiệu lực, bạn gửi lại mã mới.';
      const wait = resend_s == null ? null : Math.max(0, resend_s - passed);
      again.disabled = wait !== 0;
      again.textContent = wait == null ? 'Đã gửi đủ số lần' : wait ? `Gửi lại (${wait} giây)` : 'Gửi lại mã';
    };
    tick();
    timer = setInterval(tick, 1000);
    async function submit(event) {
      event.preventDefault();
      otp.tell('');
      go.disabled = true;
      const answer = await call('/api/verification/check', session, { otp: otp.input.value });
      go.disabled = false;
      if (over) return;
      if (answer.ok) return verified();
      if (answer.status === 401) return closed(answer);
      otp.tell(answer.body?.error?.message ?? AGAIN);
      if (answer.body?.error?.code === 'wrong_otp') otp.input.value = '';
    }
    async function resend() {
      again.disabled = true;
      const answer = await call('/api/verification/resend', session, {});
      if (over) return;
      if (answer.ok) return password(answer.body, consent);
      if (answer.status === 401) return closed(answer);
      otp.tell(answer.body?.error?.message ?? AGAIN);
    }
  }

  function verified() {
    if (!page) return finish(true);
    still('Đã xác minh', 'Bạn quay lại cuộc trò chuyện để xem kết quả. Phiên này có hiệu lực 15 phút.', el('button.go', { type: 'button', click: () => finish(true) }, 'Quay lại trò chuyện'));
  }

  begin();
  return { node: box, close: () => finish(false) };
}

/** Prints what `summary()` answers: a page of this server gets it from here, and nothing of it stands in an address. */
export async function printSummary(origin, summary) {
  const page = window.open(`${origin}/print`, '_blank');
  if (!page) return false;
  const ready = new Promise((resolve) => {
    const hear = (event) => {
      if (event.source !== page || event.origin !== origin || event.data !== 'hotro-print-ready') return;
      window.removeEventListener('message', hear);
      resolve();
    };
    window.addEventListener('message', hear);
  });
  const answer = await summary();
  await ready;
  page.postMessage(answer.ok ? { summary: answer.body } : { error: answer.body?.error?.message ?? AGAIN }, origin);
  return true;
}
