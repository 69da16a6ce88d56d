// The chat widget of hotro: one script, no build step, no dependency.
//
//   <script src="https://hotro.example/widget.js" defer></script>
//
// A conversation is a numbered log on the server. This is a reader of that log (a cursor and a way to follow it) and an outbox
// (what the citizen said and the log does not show yet). The screen shows these two and nothing else, so a lost connection, a
// reload or a second tab can neither lose a message nor show it twice.
//
// Host pages may use data-hotro-ask="question", data-hotro-open and the event `hotro:ask` with detail {question}.
(() => {
  'use strict';

  const script = document.currentScript;
  if (!script || document.querySelector('hotro-widget')) return;
  const ORIGIN = new URL(script.src).origin;
  const LANG = script.dataset.lang === 'en' ? 'en' : 'vi';
  const LOCALE = LANG === 'en' ? 'en-GB' : 'vi-VN';

  const TEXT_MAX = 4000; // characters; the server refuses more
  const COUNTER_FROM = 3500; // characters
  const WAITING_MAX = 20; // messages in the outbox
  const PAGE_MAX = 500; // events in one answer of ?after=
  const RETRY_MS_MIN = 500;
  const RETRY_MS_MAX = 15_000;
  const REQUEST_MS_MAX = 20_000;
  const UPLOAD_MS_MAX = 120_000;
  const SILENCE_MS_MAX = 40_000; // of a stream: two comments of the server, one every 15 s, are missing
  const HIDDEN_MS_MAX = 60_000; // then a hidden tab lets its stream go: HTTP/1.1 allows six connections to a host
  const FOLLOW_CLOSED_MS = 24 * 3_600_000; // after the last event; then a closed panel costs nothing
  const REPLY_SLOW_MS = 20_000;
  const OPERATOR_TYPING_MS = 6_000;
  const STREAMS_SILENT_MAX = 3; // streams in a row without a byte
  const LEAD_MAX = 90; // characters of an answer that is its own headline
  const BURST_MS = 1_500; // replies this close are one answer

  // ---- words

  const TEXTS = {
    vi: {
      label: 'Hỏi BHXH',
      name: 'Trợ lý BHXH',
      bot: 'Trợ lý tự động',
      open: 'mở khung trò chuyện',
      closeLabel: 'Ẩn chữ',
      close: 'Đóng',
      fresh: 'Cuộc trò chuyện mới', news: 'Tin mới',
      log: 'Nội dung trò chuyện',
      field: 'Câu hỏi của bạn',
      placeholder: 'Gõ câu hỏi, không cần dấu',
      send: 'Gửi',
      connecting: 'đang kết nối…',
      connected: 'đã kết nối',
      lost: 'Mất kết nối',
      offline: 'Mất kết nối. Tin của bạn sẽ được gửi khi có mạng.',
      loading: 'Đang mở cuộc trò chuyện…',
      rule: 'Mình là trợ lý tự động, không phải người. Đừng gửi mã OTP hay mật khẩu.',
      erase: 'Xóa dữ liệu của tôi',
      revealed: 'vừa mở xem một phần hồ sơ của bạn để hỗ trợ, có ghi nhật ký.',
      startFailed: 'Mình chưa mở được cuộc trò chuyện, đang thử lại.',
      slow: 'Câu trả lời đến chậm hơn thường lệ.',
      urgent: 'Nếu gấp, bạn gọi',
      expired: 'Cuộc trò chuyện trước không còn nữa, mình đã mở cuộc mới.',
      sending: 'đang gửi',
      waiting: 'sẽ gửi khi có mạng',
      refused: 'Tin này chưa gửi được.',
      retry: 'Gửi lại',
      edit: 'Sửa',
      drop: 'Bỏ',
      full: 'Còn 20 tin chưa gửi được, bạn chờ một chút nhé.',
      tooLong: 'Tin dài quá 4.000 ký tự, bạn chia làm hai tin giúp mình nhé.',
      you: 'Bạn',
      operator: 'tổng đài viên',
      joined: 'đã vào cuộc trò chuyện.',
      requested: 'Đã báo tổng đài viên.',
      released: 'Tổng đài viên vừa rời cuộc trò chuyện. Bạn vẫn giữ chỗ cũ, người khác sẽ vào ngay khi rảnh.',
      endTalk: 'Kết thúc trò chuyện',
      talk: 'Bạn đang nói với tổng đài viên.',
      place: 'Bạn đang ở vị trí',
      under: 'chờ dưới',
      about: 'chờ khoảng',
      minutes: 'phút',
      leave: 'Rời hàng đợi',
      typing: 'đang soạn câu trả lời',
      understood: 'Mình hiểu là:',
      more: 'Xem thêm',
      less: 'Thu gọn',
      basis: 'Căn cứ:',
      effective: 'hiệu lực',
      reviewed: 'Rà soát',
      stale: 'Câu trả lời này đã quá hạn rà soát, quy định có thể đã đổi. Bạn nên hỏi lại',
      choices: 'Chọn nhanh',
      photo: '📷 Ảnh',
      file: '📄 Tệp PDF',
      newer: 'Tin mới',
      unread: 'tin chưa đọc',
      here: 'Đã gửi vị trí của tôi',
      confirm: 'Bắt đầu cuộc trò chuyện mới?',
      confirmMore: 'Nội dung đang có sẽ không hiện ở đây nữa.',
      confirmYes: 'Bắt đầu mới',
      confirmNo: 'Giữ lại',
      gone: 'Thông tin cá nhân đã được ẩn.',
      formFailed: 'Chưa mở được, bạn thử lại nhé.',
    },
    en: {
      label: 'Ask BHXH',
      name: 'BHXH assistant',
      bot: 'Automatic assistant',
      open: 'open the chat',
      closeLabel: 'Hide the label',
      close: 'Close',
      fresh: 'New conversation', news: 'News',
      log: 'Conversation',
      field: 'Your question',
      placeholder: 'Type a question in Vietnamese',
      send: 'Send',
      connecting: 'connecting…',
      connected: 'connected',
      lost: 'No connection',
      offline: 'No connection. Your message will be sent when it is back.',
      loading: 'Opening the conversation…',
      rule: 'I am an automatic assistant, not a person. Never send an OTP or a password.',
      erase: 'Erase my data',
      revealed: 'has opened a part of your record to help you; it is logged.',
      startFailed: 'I could not open the conversation yet and keep trying.',
      slow: 'The answer takes longer than usual.',
      urgent: 'If it is urgent, call',
      expired: 'The earlier conversation is gone, I have started a new one.',
      sending: 'sending',
      waiting: 'will be sent when you are online',
      refused: 'This message was not sent.',
      retry: 'Send again',
      edit: 'Edit',
      drop: 'Remove',
      full: '20 messages are still waiting to be sent. Please wait a moment.',
      tooLong: 'This is longer than 4,000 characters. Please split it in two.',
      you: 'You',
      operator: 'operator',
      joined: 'has joined the conversation.',
      requested: 'An operator has been told.',
      released: 'The operator has left. You keep your place; somebody else will join as soon as possible.',
      endTalk: 'End this talk',
      talk: 'You are talking to an operator.',
      place: 'Your place in line:',
      under: 'less than',
      about: 'about',
      minutes: 'minutes',
      leave: 'Leave the line',
      typing: 'writing an answer',
      understood: 'I understood:',
      more: 'Show more',
      less: 'Show less',
      basis: 'Legal basis:',
      effective: 'in force from',
      reviewed: 'Reviewed',
      stale: 'This answer is overdue for review, the rules may have changed. Please ask',
      choices: 'Quick replies',
      photo: '📷 Photo',
      file: '📄 PDF file',
      newer: 'New message',
      unread: 'unread',
      here: 'My location was sent',
      confirm: 'Start a new conversation?',
      confirmMore: 'What is here now will no longer be shown.',
      confirmYes: 'Start new',
      confirmNo: 'Keep this one',
      gone: 'Personal information is hidden now.',
      formFailed: 'This could not be opened. Please try again.',
    },
  };
  const T = TEXTS[LANG];

  // ---- styles

  // Type is sized in em from `medium`, the reader's own setting. The warm accent is for news only.
  const STYLE = `
:host {
  --blue: #0b5cab; --blue-deep: #084785; --link: #0b5cab; --tint: #e7f0fa;
  --ground: #f2f5f9; --card: #fff; --ink: #17212b; --soft: #526070; --line: #d3dce6; --edge: #7f8fa1; --choice: #7fa8d4;
  --warm: #f6b13d; --bad: #b3261e; --shade: rgb(13 33 56 / .18);
  --high: 100vh; --safe: env(safe-area-inset-bottom, 0px); --side: calc(20px + env(safe-area-inset-right, 0px));
}
/* The page's rules reach the host element alone: the reset stands here. */
#dock, #panel {
  all: initial; color-scheme: light dark; color: var(--ink); -webkit-text-size-adjust: 100%;
  font: medium/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
@supports (height: 100dvh) { :host { --high: 100dvh; } }
@media (prefers-color-scheme: dark) {
  :host {
    --blue: #17518d; --blue-deep: #1d62a8; --link: #8dc3fa; --tint: #1c3247; --ground: #10161d; --card: #1a232d;
    --ink: #e9eef4; --soft: #a5b3c2; --line: #303d4b; --edge: #6d7f92; --choice: #47698d; --bad: #ffb4ab; --shade: rgb(0 0 0 / .5);
  }
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { border: 0; background: none; padding: 0; cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
.note, time, .fate, .who, .host, .basis, .typing, #state, #count { font-size: .8125em; }
.note, time, .fate, .who, .host, .basis, .typing, #count, #status, #confirm p, .understood { color: var(--soft); }
#head button, #send, #unlabel, #attach { flex: none; width: 44px; height: 44px; display: grid; place-items: center; }
#dock:hover, #head button:hover, #send.ready:hover { background: var(--blue-deep); }
#dock :focus-visible, #head :focus-visible { outline-color: #fff; outline-offset: -4px; }
.choice, #newer, #confirm button { min-height: 44px; border: 1px solid var(--choice); border-radius: 22px; background: var(--card); }
.choice, #newer, #confirm button, .failed button, .more, a, .topic { color: var(--link); }
#newer, #confirm button, .failed button, .more { font-weight: 600; }
.more, #newer { display: flex; align-items: center; gap: 6px; }
svg { display: block; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.sr, .operator + .operator .who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

#dock {
  position: fixed; z-index: 2147483000; display: flex; box-sizing: border-box; border-radius: 30px;
  right: var(--side); bottom: calc(20px + var(--safe));
  box-shadow: 0 0 0 2px var(--card), 0 4px 16px var(--shade);
}
#launcher { display: flex; align-items: center; min-width: 60px; height: 60px; padding: 0 13px; border-radius: 30px; font-weight: 600; }
#launcher .label { margin: 0 -8px 0 10px; white-space: nowrap; }
#unlabel { height: 60px; border-radius: 30px; margin-right: 4px; }
.badge {
  position: absolute; top: -6px; right: -4px; min-width: 26px; height: 26px; padding: 0 7px; border-radius: 13px; display: grid; place-items: center;
  background: var(--warm); color: #2a1b00; font-size: .875em; font-weight: 700; line-height: 1;
}

#panel {
  position: fixed; z-index: 2147483001; display: flex; box-sizing: border-box; flex-direction: column; overflow: hidden; background: var(--ground);
  right: var(--side); bottom: calc(20px + var(--safe) + var(--lift, 0px));
  width: min(23.75em, calc(100vw - 24px)); height: min(37.5em, calc(var(--high) - 40px));
  border: 1px solid var(--line); border-radius: 18px; box-shadow: 0 10px 36px var(--shade); animation: rise .18s ease-out;
}
#panel:focus-visible, #log:focus-visible { outline-offset: -3px; }
@media (max-height: 560px) { #panel { bottom: calc(8px + var(--lift, 0px)); height: calc(var(--high) - 16px); } }

#head { flex: none; display: flex; align-items: center; gap: 10px; padding: 8px 6px 8px 14px; }
#head > div { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 1em; font-weight: 650; }
#state { margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#state::before { content: ""; display: inline-block; width: 8px; height: 8px; margin: 0 6px 1px 0; border-radius: 50%; background: #8fe0ae; }
#state.connecting::before, #state.lost::before { background: none; box-shadow: inset 0 0 0 2px currentColor; }
#state.connecting::after { content: attr(data-wait); animation: appear .2s 1.5s both; }
#head button { border-radius: 12px; position: relative; }
#head .unread::after { content: ""; position: absolute; top: 9px; right: 9px; width: 10px; height: 10px; border-radius: 5px; background: var(--warm); border: 2px solid var(--blue); }

#body { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
#log {
  position: relative; flex: 1; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 14px 14px 6px;
  display: flex; flex-direction: column; scrollbar-width: thin;
}
#log > :first-child { margin-top: 0; }
.note, time { display: block; margin: 14px auto 0; text-align: center; text-wrap: balance; }
.note a, #status a { white-space: nowrap; }
.loading { animation: appear .2s .3s both; }
.msg { margin-top: 14px; max-width: 100%; animation: appear .16s ease-out; overflow-wrap: anywhere; }
.me + .me, .operator + .operator { margin-top: 6px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 16px 16px 16px 4px; padding: 11px 14px; width: fit-content; max-width: 100%; }
.me { align-self: flex-end; max-width: 86%; display: flex; flex-direction: column; align-items: flex-end; }
.bubble { border-radius: 16px 16px 4px 16px; padding: 9px 14px; white-space: pre-wrap; }
.failed .bubble { background: none; color: var(--ink); box-shadow: inset 0 0 0 1.5px var(--bad); }
.fate { margin: 3px 2px 0; text-align: end; text-wrap: balance; }
.failed .fate { color: var(--bad); }
.failed button { min-width: 44px; min-height: 44px; padding: 0 12px; }
.operator .card { background: var(--tint); border-color: transparent; white-space: pre-wrap; }
.who { display: block; margin: 0 0 3px 2px; }

.card > *, .rest > * { margin: 0; }
.card > * + *, .rest > * + * { margin-top: 8px; }
.card > .sr + * { margin-top: 0; }
.card h3 { font-size: 1em; font-weight: 650; margin-top: 14px; }
.card h3 + * { margin-top: 4px; }
.understood, .stale, #status { font-size: .875em; }
ul, ol { padding: 0 0 0 20px; }
ol { padding-left: 24px; }
li { padding-left: 2px; }
li + li { margin-top: 5px; }
li::marker { color: var(--soft); }
ol > li::marker { font-weight: 600; color: var(--link); font-variant-numeric: tabular-nums; }
b, .lead { font-weight: 650; }
a, .topic { text-decoration: underline; text-underline-offset: 3px; text-decoration-thickness: 1px; cursor: pointer; border-radius: 3px; }
a:hover, .topic:hover { text-decoration-thickness: 2px; }
.topic { text-decoration-style: dotted; }
.host { display: inline-block; }
.more { min-height: 44px; margin: 2px -10px -8px; padding: 0 10px; border-radius: 10px; }
.more svg { transition: transform .15s; }
.more[aria-expanded="true"] svg { transform: rotate(180deg); }
.stale { padding: 8px 10px; border-radius: 10px; box-shadow: inset 0 0 0 1px var(--line); background: var(--ground); }
.basis { margin-top: 11px; padding-top: 8px; border-top: 1px solid var(--line); }

.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 9px; }
.choice { display: inline-flex; align-items: center; padding: 6px 14px; text-align: start; text-decoration: none; font-weight: 500; }
.choice:hover:enabled, a.choice:hover { background: var(--tint); }
.used { gap: 6px; margin-top: 7px; }
.used .choice { min-height: 32px; padding: 3px 11px; font-size: .875em; font-weight: 400; background: none; border-color: var(--line); color: var(--soft); }
.used a.choice { min-height: 44px; color: var(--link); }
.used .picked { color: var(--ink); border-color: var(--edge); }
.used .picked::before { content: "✓"; margin-right: 6px; }

.typing { display: flex; align-items: center; gap: 5px; margin: 14px 0 0 4px; height: 24px; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; animation: breathe 1.2s infinite; }
.typing i:nth-child(2) { animation-delay: .15s; }
.typing i:nth-child(3) { animation-delay: .3s; margin-right: 4px; }
#log > .end { flex: none; height: 8px; margin: 0; }
#newer { position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); padding: 0 16px; }

#foot { flex: none; background: var(--card); border-top: 1px solid var(--line); padding: 8px 8px calc(8px + var(--safe)); }
#status:not(:empty) { padding: 2px 6px 8px; }
.way { min-height: 44px; padding: 0 8px; color: inherit; text-decoration: underline; }
.write { display: flex; align-items: flex-end; gap: 6px; }
/* ::after mirrors the text, and the field grows with it. */
.grow { flex: 1; min-width: 0; display: grid; }
.grow::after, #field { grid-area: 1 / 1; padding: 9px 14px; border: 1px solid transparent; max-height: calc(6em + 20px); overflow-wrap: anywhere; }
.grow::after { content: attr(data-value) " "; white-space: pre-wrap; visibility: hidden; overflow: hidden; }
#field {
  width: 100%; height: 100%; min-height: 44px; resize: none; overflow: auto; border-color: var(--edge); border-radius: 22px; background: var(--card); appearance: none; scrollbar-width: thin;
}
#field::placeholder { color: var(--soft); opacity: 1; }
#field:focus-visible { outline-offset: -1px; outline-width: 2px; border-color: var(--link); }
#send, #attach { border-radius: 50%; color: var(--soft); }
#count { text-align: end; padding: 4px 58px 0 0; font-variant-numeric: tabular-nums; }
#count.over { color: var(--bad); font-weight: 600; }

#confirm { position: absolute; inset: 0; z-index: 1; display: flex; align-items: flex-end; background: rgb(8 18 30 / .45); animation: appear .14s; }
#confirm > div { width: 100%; padding: 18px 16px calc(16px + var(--safe)); background: var(--card); border-radius: 18px 18px 0 0; }
#confirm h3 { margin: 0; font-size: 1.0625em; font-weight: 650; }
#confirm p { margin: 2px 0 14px; }
#confirm .row { display: flex; flex-wrap: wrap; gap: 8px; }
#confirm button { flex: 1 1 8em; }

#dock, #head, .bubble, #send.ready, #confirm .yes { background: var(--blue); color: #fff; }
@media (max-width: 479.98px) {
  #panel { inset: var(--top, 0px) auto auto 0; width: 100%; height: var(--high); border: 0; border-radius: 0; }
  #head { padding-top: calc(8px + env(safe-area-inset-top, 0px)); }
}
@media (max-width: 359.98px) { #log, #head { padding-left: 10px; } }
@media (forced-colors: active) {
  #dock, .bubble, #send.ready, .badge { border: 1px solid; }
}
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
@keyframes appear { from { opacity: 0; } }
@keyframes breathe { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
@media print { :host { display: none; } }
`;

  // ---- small helpers

  const warn = (what, detail = '') => console.warn(`hotro widget: ${what}`, detail);
  const grouped = (n) => n.toLocaleString(LOCALE);

  /** el('p.note', {id: 'x', click: f}, 'text', node). Text stays text and is never read as HTML. */
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

  const button = (name, ...parts) => el(`button${name}`, { type: 'button' }, ...parts);
  const hidden = (text) => el('span.sr', text);
  const nameOf = (operator) => `${operator ?? ''} (${T.operator})`;
  const callUs = (...words) => [`${words.join(' ')} `, el('a', { href: 'tel:19009068' }, '1900 9068'), '.'];

  function drawing(size, ...shapes) {
    const make = (tag, attributes) => {
      const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
      for (const name in attributes) node.setAttribute(name, attributes[name]);
      return node;
    };
    const svg = make('svg', { viewBox: `0 0 ${size} ${size}`, width: size, height: size, 'aria-hidden': 'true' });
    svg.append(...shapes.map((shape) => make('path', shape.d ? shape : { d: shape })));
    return svg;
  }
  const ICON = {
    close: 'M5 5l10 10M15 5L5 15',
    fresh: 'M11 4H6a2.5 2.5 0 0 0-2.5 2.5v8A2.5 2.5 0 0 0 6 17h8a2.5 2.5 0 0 0 2.5-2.5v-5M8.5 12l.5-2.5 7-7 2 2-7 7z',
    news: 'M3.5 5h10v9.5a1.5 1.5 0 0 0 3 0V8h-3M3.5 5v9.5A1.5 1.5 0 0 0 5 16h10M6 8h5M6 10.5h5M6 13h3',
    send: 'M10 16.5V4M4.5 9.5L10 4l5.5 5.5',
    down: 'M3.5 6L8 10.5 12.5 6',
  };
  /** The letter ô, a speech bubble under a roof. */
  const mark = () => drawing(34,
    { d: 'M8.8 11.3L17 5.2l8.2 6.1', stroke: 'var(--warm)', 'stroke-width': 3.2 },
    { d: 'M17 13.7a7.7 7.7 0 1 0 0 15.4 7.7 7.7 0 1 0 0-15.4z', 'stroke-width': 3.2 },
    { d: 'M9.3 25.1l-.7 4.4 4.5-.6z', fill: 'currentColor' });

  const uuid = () => crypto.randomUUID?.() ?? '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

  function date(iso) {
    const parts = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso ?? '');
    return parts && `${parts[3]}/${parts[2]}/${parts[1]}`;
  }

  function timeOf(ms) {
    const at = new Date(ms);
    const day = at.toDateString() !== new Date().toDateString() && { day: '2-digit', month: '2-digit', year: 'numeric' };
    return at.toLocaleString(LOCALE, { hour: 'numeric', minute: '2-digit', ...day });
  }

  function safeLink(href) {
    try {
      // A page of our own is named without its host.
      const url = href.startsWith('/print/') ? new URL(href, ORIGIN) : new URL(href);
      return url.protocol === 'https:' || url.protocol === 'tel:' || url.origin === ORIGIN ? url : null;
    } catch {
      return null;
    }
  }

  // Half of it is chance: a restarted server is not met by all at once.
  const backoff = (failures) => Math.max(RETRY_MS_MIN, Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures) * (0.5 + Math.random() / 2));

  const waitAfter = ({ status }, failures) => (status === 403 ? 60_000 : backoff(failures));

  const sleepers = new Set();
  /** `wakeAll` (network back, tab visible again) cuts it short, unless the server asked for it (`firm`). */
  function pause(ms, firm) {
    return new Promise((done) => {
      const wake = () => { clearTimeout(timer); sleepers.delete(wake); done(); };
      const timer = setTimeout(wake, ms);
      if (!firm) sleepers.add(wake);
    });
  }
  const wakeAll = () => [...sleepers].forEach((wake) => wake());

  // ---- storage

  // Where storage is forbidden, all works until the page is left.
  const memory = new Map();
  const keyOf = (name) => `hotro:${ORIGIN}:${name}`;
  const stored = {
    get(name) {
      if (memory.has(name)) return memory.get(name);
      try { return JSON.parse(localStorage.getItem(keyOf(name))); } catch { return null; }
    },
    set(name, value) {
      try {
        if (value == null) localStorage.removeItem(keyOf(name));
        else localStorage.setItem(keyOf(name), JSON.stringify(value));
        memory.delete(name);
      } catch {
        memory.set(name, value);
      }
    },
  };

  const known = () => {
    const found = stored.get('conversation');
    return found?.id && found.token ? found : null;
  };

  // Oldest first: {client_id, text | choice + label, sent?: id of the conversation that took it, failed?: reason, code?: status}.
  // `sent` names the conversation, so that what a lost one had taken goes to the new one too.
  const outbox = {
    all() { const items = stored.get('outbox'); return Array.isArray(items) ? items : []; },
    add(item) { stored.set('outbox', [...this.all(), item]); },
    change(id, what) { stored.set('outbox', this.all().map((item) => (item.client_id === id ? { ...item, ...what } : item))); },
    remove(id) {
      const rest = this.all().filter((item) => item.client_id !== id);
      if (rest.length < this.all().length) stored.set('outbox', rest.length ? rest : null);
    },
    next() { return this.all().find((item) => !item.failed && item.sent !== session?.id); },
  };

  // ---- state

  let session = null; // {id, token, seq: last event seen, at: its time}
  let cursor = 0; // seq of the last event read from the log
  let loaded = false; // read from the start; before the first opening only news are counted
  let caughtUp = false;
  let isOpen = false;
  let connection = 'connecting'; // connecting | live | lost
  let operator = null; // name of the operator who has the conversation
  let place = null; // {position, wait_from_ms, wait_to_ms} of who waits for one
  let typedAt = 0; // when the operator was told last that the citizen types
  let citizenSeq = 0; // greater than replySeq: a reply is due
  let replySeq = 0;
  let askedAt = 0;
  let operatorTypingUntil = 0;
  let unread = [];
  let unreadFrom = 0; // where reading goes on

  // ---- network

  const request = (path, token, init) => fetch(ORIGIN + path, {
    ...init, credentials: 'omit', cache: 'no-store', headers: { ...(token && { Authorization: `Bearer ${token}` }), ...init.headers },
  });

  /** Never throws: status 0 means that no answer came. */
  async function call(path, token, body, file) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), file ? UPLOAD_MS_MAX : REQUEST_MS_MAX);
    const post = (body || file) && { method: 'POST', body: file ?? JSON.stringify(body) };
    const type = file ? 'application/octet-stream' : 'application/json';
    try {
      const response = await request(path, token, { ...post, signal: stop.signal, headers: post ? { 'Content-Type': type } : { Accept: type } });
      const answer = await response.json().catch(() => null);
      return { ok: response.ok && !!answer, status: response.status, body: answer, retryMs: retryAfter(response) };
    } catch {
      return { ok: false, status: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  const retryAfter = (response) => Math.max(0, Number(response.headers.get('Retry-After')) || 0) * 1000;
  const reasonOf = (answer) => answer.body?.error?.message;

  /** Runs `work` in one tab at a time where that can be had. A suspended tab is not waited for. */
  async function exclusive(name, work) {
    if (!navigator.locks || !AbortSignal.timeout) return work();
    let begun = false;
    const run = () => { begun = true; return work(); };
    return navigator.locks.request(keyOf(name), { signal: AbortSignal.timeout(5_000) }, run).catch(() => (begun ? null : work()));
  }

  // ---- starting a conversation

  let starting = false;
  let rejected = 0; // conversations refused in a row
  let noteOnStart = null;

  async function start() {
    if (starting || session) return;
    starting = true;
    for (let failures = 0; !session && (isOpen || outbox.next()); ) {
      const trouble = await exclusive('start', async () => {
        if (known()) return void adopt(known()); // Another tab was first.
        const answer = await call('/api/conversations', null, {});
        if (!answer.ok || !answer.body.conversation_id) return answer;
        const mine = { id: answer.body.conversation_id, token: answer.body.token, seq: 0, at: Date.now() };
        stored.set('conversation', mine);
        adopt(mine, true);
      });
      if (!trouble) break;
      failures += 1;
      warn('cannot start a conversation, status', trouble.status);
      setLink(trouble.status ? 'connecting' : 'lost');
      view.startFailed(reasonOf(trouble));
      await pause(trouble.retryMs || waitAfter(trouble, failures), trouble.retryMs);
    }
    starting = false;
  }

  function adopt(next, isNew = false) {
    session = next;
    loaded = isOpen;
    caughtUp = false;
    cursor = loaded ? 0 : next.seq;
    operator = place = null;
    citizenSeq = replySeq = askedAt = operatorTypingUntil = 0;
    unread = [];
    view.clear(isNew);
    follow();
    pump();
  }

  function forget(which, lost) {
    if (session?.id !== which.id) return;
    if (known()?.id === which.id) stored.set('conversation', null);
    session = null;
    stopFollowing();
    noteOnStart = lost ? T.expired : null;
    view.clear();
    if (!lost) rejected = 0;
    setTimeout(start, lost && rejected++ ? backoff(rejected) : 0);
  }

  // ---- reading the log

  let running = 0; // the loop in charge; an older one sees it and ends
  let abortStream = () => {};
  let following = false;
  let silentStreams = 0;
  let lastByteAt = 0;
  let hiddenAt = 0; // 0 while the page is visible

  function shouldFollow() {
    if (!session) return false;
    if (hiddenAt && Date.now() - hiddenAt >= HIDDEN_MS_MAX) return false;
    return isOpen || !!outbox.all().length || Date.now() - session.at < FOLLOW_CLOSED_MS;
  }

  async function follow() {
    const run = (running += 1);
    abortStream();
    following = true;
    let failures = 0;
    while (shouldFollow()) {
      const polling = silentStreams >= STREAMS_SILENT_MAX;
      // The first reading is plain JSON: it has an end, so the history is shown at once and not read aloud.
      const result = !caughtUp || polling ? await readPages(run) : await readStream(run);
      if (run !== running) return;
      if (result.status === 401) return forget(session, true);
      if (result.ok) failures = 0;
      else {
        failures += 1;
        warn('reading failed, status', result.status);
        setLink(failures > 1 ? 'lost' : 'connecting');
      }
      if (result.again) continue;
      await pause(result.retryMs || (!result.ok ? waitAfter(result, failures) : polling ? pollingMs() : backoff(1)), result.retryMs);
      if (run !== running) return;
    }
    following = false;
  }

  const pollingMs = () => (replyDue() || outbox.all().length ? 1_500 : isOpen ? 4_000 : 20_000);

  function stopFollowing() {
    running += 1;
    following = false;
    abortStream();
  }

  /** Reads all pages after the cursor. `again`: go on with a stream. */
  async function readPages(run) {
    for (;;) {
      const to = session;
      const answer = await call(`/api/conversations/${to.id}/events?after=${cursor}`, to.token);
      if (run !== running || session !== to) return { ok: true };
      if (!answer.ok) return answer;
      setLink('live');
      const events = answer.body.events ?? [];
      takeAll(events);
      if (events.length >= PAGE_MAX) continue;
      const first = !caughtUp;
      caughtUp = true;
      if (first) view.ready();
      return { ok: true, again: first && silentStreams < STREAMS_SILENT_MAX, found: events.length };
    }
  }

  /** Reads one stream to its end. `ok`: it gave at least a byte, or we let it go. */
  async function readStream(run) {
    const to = session;
    const stop = new AbortController();
    let ours = false;
    let bytes = 0;
    lastByteAt = Date.now();
    let accepted = false;
    abortStream = () => { ours = true; stop.abort(); };
    const watchdog = setInterval(async () => {
      if (Date.now() - lastByteAt > SILENCE_MS_MAX) return stop.abort();
      // Not a byte while news are due: is something on the way holding it back?
      if (bytes || !accepted || !(replyDue() || outbox.all().some((item) => item.sent))) return;
      const looked = await readPages(run);
      if (run === running && looked.found && !bytes) { silentStreams = STREAMS_SILENT_MAX; abortStream(); }
    }, 3_000);
    try {
      const response = await request(`/api/conversations/${to.id}/events`, to.token, {
        signal: stop.signal, headers: { Accept: 'text/event-stream', 'Last-Event-ID': cursor },
      });
      if (!response.ok) return { ok: false, status: response.status, retryMs: retryAfter(response) };
      if (!response.body || !/event-stream/.test(response.headers.get('Content-Type') ?? '')) {
        silentStreams = STREAMS_SILENT_MAX; // The browser or a proxy cannot.
        return { ok: true, again: true };
      }
      accepted = true;
      lastByteAt = Date.now();
      setLink('live');
      const source = response.body.getReader();
      const decoder = new TextDecoder();
      const parse = eventStream((type, data, id) => {
        if (run === running) takeRaw(type, data, id);
      });
      for (;;) {
        const { done, value } = await source.read();
        if (done) break;
        bytes += value.length;
        lastByteAt = Date.now();
        silentStreams = 0;
        parse(decoder.decode(value, { stream: true }));
      }
    } catch {
      if (!accepted && !ours) return { ok: false, status: 0 };
    } finally {
      clearInterval(watchdog);
    }
    if (!bytes && !ours) silentStreams += 1;
    return { ok: bytes > 0 || ours, status: 200, again: ours };
  }

  /** Parses text/event-stream, which comes in any pieces. */
  function eventStream(emit) {
    let rest = '';
    let type = '';
    let data = [];
    let id = '';
    return (text) => {
      // A \r at the end may be half of \r\n: it waits for the next piece.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === '') {
          if (data.length) emit(type || 'message', data.join('\n'), id);
          type = '';
          data = [];
          continue;
        }
        const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line);
        if (field === 'data') data.push(value);
        else if (field === 'event') type = value;
        else if (field === 'id') id = value;
      }
    };
  }

  function takeRaw(type, data, id) {
    let value;
    try {
      value = JSON.parse(data);
    } catch {
      warn('an event is not JSON');
      cursor = Math.max(cursor, Number(id) || 0); // Or it would come again for ever.
    }
    if (type === 'message') takeAll([value]);
    else if (type === 'position') {
      place = value?.position ? value : null;
      view.paint();
    } else if (type === 'typing') {
      operatorTypingUntil = Date.now() + OPERATOR_TYPING_MS;
      setTimeout(view.paint, OPERATOR_TYPING_MS + 50);
      view.paint();
    }
  }

  /** Each event once, in order. Gaps are no error: some events are not for citizens. */
  function takeAll(events) {
    for (const event of events) {
      if (!(event?.seq > cursor)) continue;
      cursor = event.seq;
      rejected = 0;
      try {
        apply(event);
        if (loaded) view.show(event);
      } catch (error) {
        warn('cannot show an event of kind', `${event.kind}: ${error?.name}`);
      }
      if (session) session.at = event.at_ms || Date.now();
    }
    markSeen();
    view.paint();
  }

  function apply(event) {
    switch (event.kind) {
      case 'citizen_message':
      case 'citizen_choice':
      case 'citizen_location':
        outbox.remove(event.client_id);
        citizenSeq = Math.max(citizenSeq, event.seq);
        if (caughtUp || Math.abs(Date.now() - event.at_ms) < REPLY_SLOW_MS) saidNow();
        break;
      case 'verification_ended':
        hidePersonal();
        break;
      case 'erase_done':
        view.wipe();
        break;
      case 'bot_message':
      case 'personal_message':
      case 'operator_message':
      case 'operator_answer':
        replySeq = event.seq;
        operatorTypingUntil = 0;
        if (event.seq > (session.seq)) unread.push(event.seq);
        break;
      case 'handoff_claimed':
        replySeq = event.seq;
        operator = event.operator ?? T.operator;
        place = null;
        break;
      case 'handoff_released':
      case 'handoff_resolved':
      case 'handoff_left':
        operator = place = null;
        break;
    }
  }

  function saidNow() {
    askedAt = Date.now();
    setTimeout(view.paint, REPLY_SLOW_MS + 50);
  }
  const replyDue = () => citizenSeq > replySeq && !operator && askedAt > 0;

  /** What was on a visible screen is read; other tabs learn it through storage. */
  function markSeen() {
    if (!session || !loaded || !isOpen || document.hidden) return;
    unread = [];
    if (cursor > (session.seq)) {
      session.seq = cursor;
      if (known()?.id === session.id) stored.set('conversation', session);
    }
  }

  // ---- sending

  let pumping = false;
  let sendFailures = 0;
  let notice = null; // a sentence for the status line

  function submit(item) {
    if (outbox.all().length >= WAITING_MAX) {
      tell(T.full, 6_000);
      return false;
    }
    outbox.add({ client_id: uuid(), ...item });
    view.showOutbox();
    if (!session) start();
    else if (!following) follow();
    pump();
    return true;
  }

  async function pump() {
    if (pumping) return;
    pumping = true;
    while (session && outbox.next()) {
      const wait = await exclusive('send', sendNext);
      view.showOutbox();
      if (wait) await pause(wait.ms, wait.firm);
    }
    pumping = false;
  }

  async function sendNext() {
    const item = outbox.next(); // Read again: another tab may have sent it meanwhile.
    const to = session;
    if (!item || !to) return null;
    const { client_id: id, text, choice } = item;
    const answer = await call(`/api/conversations/${to.id}/messages`, to.token, { client_id: id, ...(choice ? { choice } : { text }) });
    if (session?.id !== to.id) return null;
    if (answer.ok) {
      sendFailures = 0;
      setLink('live');
      const seq = Number(answer.body.seq) || 0;
      if (seq > cursor) {
        outbox.change(id, { sent: to.id });
        if (seq > citizenSeq) { citizenSeq = seq; saidNow(); }
      } else outbox.remove(id); // The log was faster than the answer.
      return null;
    }
    const { status, retryMs } = answer;
    const reason = reasonOf(answer);
    if (status === 401) forget(to, true);
    else if (status === 429) {
      const ms = retryMs || 5_000;
      tell(reason, ms);
      return { ms, firm: true };
    } else if (status < 400 || status === 408 || status >= 500) {
      sendFailures += 1;
      warn('sending failed, status', status);
      if (status) tell(reason, RETRY_MS_MAX);
      else if (sendFailures > 1) setLink('lost');
      return { ms: backoff(sendFailures) };
    } else {
      warn('a message was refused, status', status);
      outbox.change(id, { failed: reason ?? T.refused, code: status });
    }
    return null;
  }

  function tell(text, ms) {
    if (!text) return;
    const mine = (notice = { text });
    setTimeout(() => { if (notice === mine) { notice = null; view.paint(); } }, ms);
    view.paint();
  }

  function setLink(next) {
    if (connection === next) return;
    connection = next;
    view.paint();
  }

  // ---- drawing an answer

  function spans(list) {
    return (list ?? []).map((span) => {
      const text = span.bold ? el('b', span.text) : span.text ?? '';
      if (span.topic) return topicLink(text, span);
      const url = span.href && safeLink(span.href);
      return url ? linkWithHost(url, text) : text;
    });
  }

  const link = (url, ...parts) => el('a', { href: url.href }, url.protocol !== 'tel:' && { title: url.origin === ORIGIN ? url.origin + url.pathname : url.href, target: '_blank', rel: 'noopener' }, ...parts);

  function linkWithHost(url, text) {
    const node = link(url, text);
    const name = url.host.replace(/^www\./, '');
    if (!node.textContent.includes(name)) node.append(' ', el('span.host', `(${name})`));
    return node;
  }

  // Not a <button>: those do not break over lines, and this one stands inside a sentence.
  function topicLink(text, span) {
    const ask = () => choose(`topic:${span.topic}`, span.text);
    const onKey = (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); ask(); }
    };
    return el('span.topic', { role: 'button', tabindex: 0, click: ask, keydown: onKey }, text);
  }

  const items = (block) => (block.items ?? []).map((item) => el('li', ...spans(item)));
  const BLOCKS = {
    paragraph: (block) => el('p', ...spans(block.spans)),
    heading: (block) => el('h3', block.text),
    steps: (block) => el('ol', ...items(block)),
    bullets: (block) => el('ul', ...items(block)),
  };
  const blocks = (list) => (list ?? []).map((block) => BLOCKS[block?.type]?.(block)).filter(Boolean);

  function fold(seq, list) {
    const rest = el('div.rest', { id: `more-${seq}`, hidden: true }, ...blocks(list));
    const words = el('span', T.more);
    const toggle = button('.more', {
      'aria-expanded': 'false', 'aria-controls': rest.id, lang: LANG,
      click() {
        rest.hidden = !rest.hidden;
        toggle.setAttribute('aria-expanded', !rest.hidden);
        words.textContent = rest.hidden ? T.more : T.less;
      },
    }, words, drawing(16, ICON.down));
    return [rest, toggle];
  }

  /** A date of effect stands once, after the last document that has it. */
  function basisLine({ basis, reviewed }) {
    const parts = [];
    (basis ?? []).forEach((source, i) => {
      const name = [source.document, source.article].filter(Boolean).join(', ');
      const url = source.url && safeLink(source.url);
      parts.push(i ? '; ' : `${T.basis} `, url ? link(url, name) : name);
      const since = date(source.effective_from);
      if (since && since !== date(basis[i + 1]?.effective_from)) parts.push(` (${T.effective} ${since})`);
    });
    if (parts.length) parts.push('. ');
    if (date(reviewed)) parts.push(`${T.reviewed} ${date(reviewed)}.`);
    return parts.length ? el('p.basis', el('span', { 'aria-hidden': 'true' }, '📄 '), ...parts) : null;
  }

  function choiceRow(choices) {
    if (!choices?.length) return null;
    // Used up until `refreshChoices` says otherwise.
    return el('div.choices.used', { role: 'group', 'aria-label': T.choices }, ...choices.map(({ id, label: text, href }) => {
      if (!href) return button('.choice', { 'data-choice': id, disabled: true, click: () => (id === 'place-here' ? places().then((part) => (part ? part.share(text) : choose(id, text))) : choose(id, text)) }, text);
      const url = safeLink(href);
      return url && link(url, { class: 'choice' }, text);
    }));
  }

  // ---- places

  let placesPart; // cards, a map, the question for the location: loaded with the first of them

  const places = () => (placesPart ??= import(`${ORIGIN}/widget/places.js`)
    .then((module) => module.places({ addStyle, el, button, hidden, link, safeLink, choose, tell, lang: LANG, locale: LOCALE, send: sendLocation }))
    .catch(() => { placesPart = null; }));

  /** The cards follow the words that announce them. */
  async function addPlaces(node, list) {
    const part = await places();
    if (!part) return;
    const follows = wasAtEnd && node.isConnected;
    node.querySelector('.card').after(...[part.map(list), part.cards(list)].filter(Boolean));
    if (follows) scrollToFirstLine(node, 'auto');
  }

  async function sendLocation(location) {
    const to = session;
    if (!to) return;
    const answer = await call(`/api/conversations/${to.id}/messages`, to.token, { client_id: uuid(), location });
    if (answer.ok) {
      notice = null;
      citizenSeq = Math.max(citizenSeq, Number(answer.body.seq) || 0);
      if (citizenSeq > replySeq) saidNow();
    }
    view.paint();
    return answer.ok ? null : reasonOf(answer) ?? '';
  }

  function botMessage({ seq, outcome, message = {} }) {
    const answer = blocks(message.blocks);
    if (answer.length > 1 && answer[0].matches('p') && answer[0].textContent.length <= LEAD_MAX && outcome === 'answered') answer[0].className = 'lead';
    const card = el('div.card',
      hidden(`${T.name}: `),
      message.understood && el('p.understood', `${T.understood} `, el('em', message.understood)),
      ...answer,
      ...(message.more?.length ? fold(seq, message.more) : []),
      message.stale && el('p.stale', ...callUs('⚠', T.stale)),
      basisLine(message));
    const node = el('div.msg.bot', { lang: 'vi', 'data-outcome': outcome }, card, choiceRow(message.choices));
    if (message.places?.cards?.length) addPlaces(node, message.places);
    return node;
  }

  function operatorMessage({ operator: who, text }) {
    const pieces = String(text ?? '').split(/(https:\/\/[^\s<>"]*[^\s<>".,;:!?)\]]|1900[ .]?9068)/).map((piece, i) => {
      if (i % 2 === 0) return piece;
      const url = safeLink(piece.startsWith('https:') ? piece : 'tel:19009068');
      return url ? link(url, piece) : piece;
    });
    return el('div.msg.operator', { lang: 'vi' }, el('span.who', nameOf(who), hidden(': ')), el('div.card', ...pieces));
  }

  /** Shown while it may be; its server keeps it sealed. */
  function personalMessage(event) {
    const left = event.until_ms - Date.now();
    if (!event.message || left <= 0) return el('p.note', T.gone);
    const node = botMessage({ ...event, outcome: 'action' });
    node.classList.add('personal');
    setTimeout(() => hidePersonal(node), left);
    return node;
  }

  function hidePersonal(...nodes) {
    (nodes.length ? nodes : log.querySelectorAll('.personal')).forEach((node) => node.replaceWith(el('p.note', T.gone)));
  }

  function operatorAnswer(event) {
    const node = botMessage(event);
    node.className = 'msg operator';
    node.prepend(el('span.who', nameOf(event.operator), hidden(': ')));
    return node;
  }

  /** "Bạn đang ở vị trí 4, chờ khoảng 5-10 phút." */
  function placeLine() {
    const [from, to] = [place.wait_from_ms, place.wait_to_ms].map((ms) => ms / 60_000);
    const wait = place.wait_to_ms ? `, ${from ? `${T.about} ${from}-${to}` : `${T.under} ${to}`} ${T.minutes}` : '';
    return `${T.place} ${place.position}${wait}.`;
  }

  function citizenMessage(text) {
    return el('div.msg.me', { lang: 'vi' },
      el('div.bubble', hidden(`${T.you}: `), el('span.text', text)));
  }

  // ---- view

  const host = document.createElement('hotro-widget');
  const root = host.attachShadow({ mode: 'open' });
  const phone = matchMedia('(max-width: 479.98px)');
  const touch = matchMedia('(hover: none) and (pointer: coarse)');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');

  /** Constructed sheets pass a strict style-src. Browsers before 2023 get a <style>, and null. */
  function addStyle(text) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
      return sheet;
    } catch {
      root.prepend(el('style', text));
      return null;
    }
  }

  addStyle(STYLE);
  const viewportSheet = addStyle('');

  const label = el('span.label', script.dataset.label || T.label);
  const badge = el('span.badge', { hidden: true });
  const announced = el('span.sr', { role: 'status' });
  const launcher = button('', { id: 'launcher', 'aria-haspopup': 'dialog', click: () => open() }, mark(), label, badge);
  const unlabel = button('', { id: 'unlabel', 'aria-label': T.closeLabel, click() { hideLabel(); launcher.focus(); } }, drawing(20, ICON.close));
  const dock = el('div', { id: 'dock', lang: LANG }, launcher, unlabel, announced);

  const state = el('p', { id: 'state', 'data-wait': ` · ${T.connecting}` });
  const newsOpener = button('', { id: 'news-open', 'aria-label': T.news, title: T.news, 'aria-expanded': 'false', click: () => showNews(newsList.hidden) }, drawing(20, ICON.news));
  const head = el('div', { id: 'head' }, mark(), el('div', el('h2', T.name), state),
    newsOpener,
    button('', { id: 'fresh', 'aria-label': T.fresh, title: T.fresh, click: askFresh }, drawing(21, ICON.fresh)),
    button('', { id: 'close', 'aria-label': T.close, title: T.close, click: close }, drawing(20, ICON.close)));

  const newsList = el('div', { id: 'news', role: 'region', 'aria-label': T.news, tabindex: -1, hidden: true });
  const typingText = el('span');
  const typing = el('div.typing', { 'aria-hidden': 'true', hidden: true }, el('i'), el('i'), el('i'), typingText);
  const end = el('div.end');
  const log = el('div', { id: 'log', role: 'log', 'aria-label': T.log, tabindex: 0 }, typing, end);
  const newer = button('', { id: 'newer', hidden: true, click() { log.focus({ preventScroll: true }); scrollToFirstLine(newerMessage); } }, T.newer, drawing(16, ICON.down));
  const body = el('div', { id: 'body' }, log, newer);

  const status = el('div', { id: 'status', role: 'status' });
  const field = el('textarea', {
    id: 'field', rows: 1, 'aria-label': T.field, placeholder: T.placeholder, 'aria-describedby': 'count', enterkeyhint: 'send',
    autocomplete: 'off', input: onInput, keydown: onFieldKey,
  });
  const grow = el('div.grow', field);
  const sendButton = button('', { id: 'send', 'aria-label': T.send, click: sendField }, drawing(20, ICON.send));
  const count = el('div', { id: 'count', hidden: true });
  const foot = el('div', { id: 'foot' }, status, el('div.write', grow, sendButton), count);

  const panel = el('div', {
    id: 'panel', role: 'dialog', 'aria-label': T.name, tabindex: -1, lang: LANG, hidden: true, keydown: onPanelKey,
  }, head, newsList, body, foot);

  const bubbles = new Map(); // client_id -> element of a message that the log does not show yet
  const firstPending = () => bubbles.values().next().value;
  let lastShownMs = 0;
  let activeChoices = null;

  const view = {
    clear(isNew = false) {
      bubbles.clear();
      log.replaceChildren(el('p.note.loading', T.loading), typing, end);
      log.setAttribute('aria-live', isNew ? 'polite' : 'off');
      lastShownMs = 0;
      activeChoices = newerMessage = null;
      newer.hidden = true;
      this.showOutbox();
      this.paint();
    },

    /** Everything shown so far was erased. */
    wipe() {
      log.querySelectorAll('.msg, time, .note:not(.rule)').forEach((node) => node.remove());
      activeChoices = null;
    },

    startFailed(reason) {
      log.querySelector('.loading')?.replaceChildren(...(reason ? [reason] : callUs(T.startFailed, T.urgent)));
    },

    ready() {
      if (!loaded) return;
      log.querySelector('.loading')?.remove();
      log.prepend(el('p.note.rule', noteOnStart ? `${noteOnStart} ` : '', T.rule, ' ', button('.more', { click: () => choose('ask-erase', T.erase) }, T.erase)));
      noteOnStart = null;
      this.showOutbox();
      jumpToNews();
      // Two frames later all this is old, and what comes is announced.
      requestAnimationFrame(() => requestAnimationFrame(() => log.setAttribute('aria-live', 'polite')));
    },

    /** One event of the log: after the earlier ones, before what is still in the outbox. */
    show(event) {
      const mine = event.kind === 'citizen_message' || event.kind === 'citizen_choice';
      const waiting = mine && bubbles.get(event.client_id);
      if (mine) bubbles.delete(event.client_id);
      const place = firstPending() ?? typing;
      const node = waiting || drawEvent(event);
      if (!node) return;
      if (mine) {
        // The log's text replaces what was typed: it has private numbers masked.
        node.querySelector('.text').textContent = event.text ?? event.label ?? '';
        node.querySelector('.fate')?.remove();
        node.classList.remove('pending', 'failed');
        pick(event.choice);
      }
      node.dataset.seq = event.seq;

      const live = caughtUp && isOpen;
      const atEnd = live && isAtEnd();
      // A moved bubble is announced again, so it stays unless an unconfirmed one stands before it.
      if (!waiting || place.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) log.insertBefore(node, place);
      if (event.at_ms - lastShownMs > 30 * 60_000) {
        node.before(el('time', { datetime: new Date(event.at_ms).toISOString() }, timeOf(event.at_ms)));
      }
      lastShownMs = event.at_ms || lastShownMs;
      refreshChoices();
      if (live && !mine) arrived(node, atEnd);
      else if (live && atEnd) scrollToFirstLine(end);
    },

    showOutbox() {
      if (!loaded) return;
      const items = outbox.all();
      for (const [id, node] of bubbles) { // Edited or dropped, in whatever tab.
        if (node.matches('.failed') && !items.some((item) => item.client_id === id)) {
          bubbles.delete(id);
          node.remove();
        }
      }
      for (const item of items) {
        let node = bubbles.get(item.client_id);
        if (!node) {
          pick(item.choice);
          node = citizenMessage(item.text ?? item.label);
          node.classList.add('pending');
          bubbles.set(item.client_id, node);
          log.insertBefore(node, typing);
          if (isOpen) scrollToFirstLine(end);
        }
        const fate = item.failed ?? (isLost() ? T.waiting : T.sending);
        if (node.dataset.fate === fate) continue;
        node.dataset.fate = fate;
        node.classList.toggle('failed', !!item.failed);
        node.querySelector('.fate')?.remove();
        node.append(el('div.fate', { lang: LANG, 'aria-hidden': !item.failed && 'true' }, fate, item.failed && fateButtons(item)));
        if (item.failed && isOpen) scrollToFirstLine(end);
      }
      refreshChoices();
    },

    paint() {
      const lost = isLost();
      const said = lost ? T.lost : operator ? nameOf(operator) : T.bot;
      state.className = lost ? 'lost' : connection;
      state.textContent = said;

      const overdue = replyDue() && Date.now() - askedAt >= REPLY_SLOW_MS;
      const byOperator = operatorTypingUntil > Date.now();
      const show = byOperator || (replyDue() && !overdue && !lost);
      typingText.textContent = byOperator ? `${operator ?? T.operator} ${T.typing}` : T.typing;
      if (show && typing.hidden && isOpen && isAtEnd()) {
        typing.hidden = false;
        scrollToFirstLine(end);
      }
      typing.hidden = !show;

      const line = lost && session ? T.offline : notice?.text ?? (overdue ? T.slow : operator ? T.talk : place ? placeLine() : '');
      if (status.dataset.line !== line) { // Else it would be announced again.
        status.dataset.line = line;
        const way = line && (line === T.talk ? ['end-talk', T.endTalk] : place && line === placeLine() && ['leave-queue', T.leave]);
        status.replaceChildren(...(line === T.slow ? callUs(line, T.urgent) : [line]), ...(way ? [' ', button('.way', { click: () => choose(...way) }, way[1])] : []));
      }
      view.showOutbox();
      offerAttaching();

      const n = unread.length;
      badge.hidden = !n;
      badge.textContent = n > 99 ? '99+' : n;
      const word = n ? `${n} ${T.unread}` : '';
      launcher.setAttribute('aria-label', `${label.textContent}, ${word || T.open}`);
      if (announced.textContent !== word) announced.textContent = word;
    },
  };

  let clip; // the button for photos and files; loaded when somebody will look at them

  async function offerAttaching() {
    const wanted = !!(operator || place);
    if (wanted && clip === undefined) {
      clip = null;
      const send = (file, id) => call(`/api/conversations/${session.id}/attachments?client_id=${id}`, session.token, null, file);
      const load = import(`${ORIGIN}/widget/attach.js`).then((module) => module.attachButton({ el, button, drawing, uuid, lang: LANG, field: grow, send, tell }));
      clip = await load.catch(() => undefined); // Without a network it is tried again with the next change.
    }
    if (clip) clip.hidden = !(operator || place);
  }

  const isLost = () => connection === 'lost' || !navigator.onLine;

  function drawEvent(event) {
    const note = (text) => el('p.note', text);
    switch (event.kind) {
      case 'citizen_message': case 'citizen_choice': return citizenMessage();
      case 'citizen_attachment': return citizenMessage(event.media_type?.startsWith('image') ? T.photo : T.file);
      case 'citizen_location': return citizenMessage(`📍 ${T.here}`);
      case 'bot_message': return botMessage(event);
      case 'personal_message': return personalMessage(event);
      case 'operator_message': return operatorMessage(event);
      case 'operator_answer': return operatorAnswer(event);
      case 'handoff_claimed': return note(`${nameOf(event.operator)} ${T.joined}`);
      case 'handoff_requested': return note(T.requested);
      case 'handoff_released': return note(T.released);
      case 'record_revealed': return note(`${nameOf(event.operator)} ${T.revealed}`);
      default: return null;
    }
  }

  /** Only the newest choices can be tapped, until the citizen says something. */
  function refreshChoices() {
    let active = null;
    for (let node = typing.previousElementSibling; node && !active && !node.matches('.me'); node = node.previousElementSibling) {
      // An operator talks: only what is about one's own data is heard.
      active = node.querySelector(operator ? '.choices:has([data-choice=erase])' : '.choices');
    }
    if (active === activeChoices) return;
    for (const row of [activeChoices, active]) {
      row?.classList.toggle('used', row !== active);
      row?.querySelectorAll('button').forEach((choice) => { choice.disabled = row !== active; });
    }
    activeChoices = active;
  }

  function pick(id) {
    if (id) [...(activeChoices?.children ?? [])].find((choice) => choice.dataset.choice === id)?.classList.add('picked');
  }

  function fateButtons(item) {
    const undo = () => {
      outbox.remove(item.client_id);
      view.showOutbox();
      focusHome();
    };
    const again = () => {
      outbox.change(item.client_id, { failed: undefined, code: undefined });
      view.showOutbox();
      focusHome();
      pump();
    };
    const edit = () => {
      field.value = field.value.trim() ? `${item.text}\n${field.value}` : item.text;
      onInput();
      undo();
      field.focus();
    };
    return el('div', null,
      item.code !== 413 && button('', { click: again }, T.retry),
      item.text ? button('', { click: edit }, T.edit) : button('', { click: undo }, T.drop));
  }

  // ---- scrolling

  let newerMessage = null; // the first message that came while the reader was further up
  let burst = { first: null, until: 0 };
  let scrolledAt = 0;
  let wasAtEnd = true;

  // A smooth scroll of our own counts as having arrived.
  const isAtEnd = () => log.scrollHeight - log.clientHeight - log.scrollTop < 60 || Date.now() - scrolledAt < 600;

  /** The message's top at the top, or the end of the log if that shows it whole. */
  function scrollToFirstLine(node, behavior = calm.matches ? 'auto' : 'smooth') {
    const last = log.scrollHeight - log.clientHeight;
    const top = Math.max(0, node && node !== end ? Math.min(node.offsetTop - 12, last) : last);
    scrolledAt = Date.now();
    log.scrollTo({ top, behavior });
    return top;
  }

  /** Whoever reads further up is not torn away, but told. */
  function arrived(node, atEnd) {
    const now = Date.now();
    const first = now < burst.until && burst.first?.isConnected ? burst.first : node;
    burst = { first, until: now + BURST_MS };
    const top = atEnd ? scrollToFirstLine(first) : log.scrollTop;
    if (node.offsetTop > top + log.clientHeight - 40) {
      newerMessage ??= node;
      newer.hidden = false;
    }
  }

  function jumpToNews() {
    const messages = [...log.querySelectorAll('.msg')];
    const fresh = unreadFrom && messages.find((node) => Number(node.dataset.seq) >= unreadFrom);
    const last = messages.at(-1);
    scrollToFirstLine(fresh || (last?.matches('.me') ? end : last), 'auto');
    unreadFrom = 0;
  }

  log.addEventListener('scroll', () => {
    wasAtEnd = isAtEnd();
    if (newerMessage && newerMessage.offsetTop < log.scrollTop + log.clientHeight - 40) {
      newerMessage = null;
      newer.hidden = true;
    }
  }, { passive: true });
  if (window.ResizeObserver) new ResizeObserver(() => { if (wasAtEnd && isOpen) scrollToFirstLine(end, 'auto'); }).observe(log);

  // ---- the citizen

  let opener = null; // element of the page that gets the focus back
  let lastAsk = { text: '', at: 0 };
  let pageLock = null; // keeps the page from scrolling behind a full screen panel

  function open(from = null) {
    if (isOpen) return;
    isOpen = true;
    opener = from;
    unreadFrom = unread[0] ?? 0;
    hideLabel();
    dock.hidden = true;
    panel.hidden = false;
    fitViewport();
    focusHome();
    wakeAll();
    if (!session) {
      if (known()) adopt(known());
      else { loaded = true; view.clear(true); start(); }
    } else if (!loaded) adopt(session);
    else {
      if (!following) follow();
      jumpToNews();
    }
    markSeen();
    view.paint();
    news();
  }

  // The policy news beside the conversation: loaded with the first opening.
  let newsPart;
  const news = () => (newsPart ??= import(`${ORIGIN}/widget/news.js`)
    .then((module) => module.news({ addStyle, el, button, opener: newsOpener, list: newsList, call, choose, stored, date, lang: LANG, cover }))
    .catch(() => { newsPart = null; }));
  const showNews = (on) => news().then((part) => part?.show(on));

  /** The news instead of the conversation. */
  function cover(on) {
    body.hidden = foot.hidden = on;
    if (!on) focusHome();
  }

  function close() {
    if (!isOpen) return;
    closeConfirm();
    closeSecure();
    isOpen = false;
    panel.hidden = true;
    dock.hidden = false;
    fitViewport();
    view.paint();
    if (opener?.isConnected) opener.focus();
    if (!opener || document.activeElement !== opener) launcher.focus();
  }

  // On touch screens a focused field calls the keyboard up over the choices: there the dialog has the focus.
  function focusHome() {
    (touch.matches ? panel : field).focus({ preventScroll: true });
  }

  function hideLabel() {
    label.hidden = unlabel.hidden = true;
    if (stored.get('label') !== 'closed') stored.set('label', 'closed');
  }

  let secure = null; // the secure form, while it is open

  function closeSecure() {
    const was = secure;
    secure?.close();
    return !!was;
  }

  /** What stands on pages of its own: the form and the print. */
  async function special(id) {
    const to = session;
    const post = (what) => call(`/api/conversations/${to.id}/${what}`, to.token, {});
    try {
      const { secureForm, printSummary } = await import(`${ORIGIN}/secure-form.js`);
      if (id === 'print') return void printSummary(ORIGIN, () => post('summary'));
      if (secure) return;
      const hide = (hidden) => { body.hidden = foot.hidden = hidden; };
      secure = secureForm({ root, call, open: () => post('verification'), done() { secure = null; hide(false); scrollToFirstLine(end, 'auto'); focusHome(); } });
      hide(true);
      panel.append(secure.node);
      secure.node.querySelector('h3')?.focus();
    } catch {
      tell(T.formFailed, 6_000);
    }
  }

  function choose(id, text) {
    if (session && (id === 'verify' || id === 'print')) return void special(id);
    if (submit({ choice: id, label: text })) focusHome();
  }

  function ask(question) {
    const text = String(question ?? '').normalize('NFC').trim();
    if (!text || (text === lastAsk.text && Date.now() - lastAsk.at < 1_500)) return;
    lastAsk = { text, at: Date.now() };
    if ([...text].length > TEXT_MAX) {
      field.value = text;
      onInput();
    } else submit({ text });
  }

  function sendField() {
    const text = field.value.normalize('NFC').trim();
    if ([...text].length > TEXT_MAX) tell(T.tooLong, 8_000);
    else if (text && submit({ text })) {
      field.value = '';
      onInput();
    }
    field.focus();
  }

  function onInput() {
    if (operator && session && field.value && Date.now() - typedAt > 3_000) {
      typedAt = Date.now();
      call(`/api/conversations/${session.id}/typing`, session.token, {});
    }
    const text = field.value.normalize('NFC').trim();
    const length = [...text].length;
    grow.dataset.value = field.value;
    sendButton.classList.toggle('ready', length > 0 && length <= TEXT_MAX);
    count.hidden = length < COUNTER_FROM;
    count.textContent = count.hidden ? '' : `${grouped(length)} / ${grouped(TEXT_MAX)}`;
    count.classList.toggle('over', length > TEXT_MAX);
    field.setAttribute('aria-invalid', length > TEXT_MAX);
    try { sessionStorage.setItem(keyOf('draft'), field.value); } catch { /* Then a reload loses the draft. */ }
  }

  function onFieldKey(event) {
    // While an input method composes, Enter belongs to it. Safari tells that only by key code 229.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    sendField();
  }

  function onPanelKey(event) {
    if (event.key === 'Escape' && !event.isComposing) {
      if (closeSecure() || closeConfirm()) return;
      if (newsList.hidden) close();
      else showNews(false);
    } else if (event.key === 'Tab' && phone.matches) {
      const stops = [...panel.querySelectorAll('button:enabled, a[href], textarea, input, [tabindex="0"]')].filter((node) => node.getClientRects().length && !node.closest('[inert]'));
      const edge = stops.at(event.shiftKey ? 0 : -1);
      if (root.activeElement !== edge && !(event.shiftKey && root.activeElement === panel)) return;
      event.preventDefault();
      stops.at(event.shiftKey ? -1 : 0).focus();
    }
  }

  // To the page, keys come from <hotro-widget> and not from a text field: its shortcuts would fire.
  for (const type of ['keydown', 'keypress', 'keyup']) panel.addEventListener(type, (event) => event.stopPropagation());

  function askFresh() {
    if (root.getElementById('confirm')) return;
    const keep = button('', { click: closeConfirm }, T.confirmNo);
    panel.append(el('div', { id: 'confirm', role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-more' },
      el('div',
        el('h3', { id: 'confirm-title' }, T.confirm), el('p', { id: 'confirm-more' }, T.confirmMore),
        el('div.row', keep, button('.yes', { click: startFresh }, T.confirmYes)))));
    for (const part of [head, newsList, body, foot]) part.inert = true;
    keep.focus();
  }

  function closeConfirm() {
    const sheet = root.getElementById('confirm');
    if (!sheet) return false;
    sheet.remove();
    for (const part of [head, newsList, body, foot]) part.inert = false;
    root.getElementById('fresh').focus();
    return true;
  }

  // It goes at once, even offline: the next person at this computer must not read it.
  function startFresh() {
    closeConfirm();
    stored.set('outbox', null);
    notice = null;
    if (session) forget(session, false);
    else { view.clear(true); start(); }
    focusHome();
  }

  /** Keeps the panel clear of the keyboard. */
  function fitViewport() {
    const full = isOpen && phone.matches;
    panel.setAttribute('aria-modal', full);
    const seen = window.visualViewport;
    if (!viewportSheet || !seen) return;
    const below = innerHeight - seen.height - seen.offsetTop;
    const fits = !isOpen || seen.scale > 1.02; // Zoomed by two fingers.
    viewportSheet.replaceSync(fits ? '' : `:host { --top: ${seen.offsetTop}px; --high: ${seen.height}px; --lift: ${Math.max(0, below)}px; }`);
    if (full && !pageLock) {
      pageLock = new CSSStyleSheet();
      pageLock.replaceSync('html { overflow: hidden !important; }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, pageLock];
    } else if (!full && pageLock) {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== pageLock);
      pageLock = null;
    }
  }

  // ---- the page, the tab, the network

  document.addEventListener('click', (event) => {
    const hook = event.target.closest?.('[data-hotro-ask], [data-hotro-open]');
    if (!hook) return;
    event.preventDefault();
    open(hook);
    if (hook.dataset.hotroAsk) ask(hook.dataset.hotroAsk);
  });
  // Capturing hears it wherever the page dispatches it, bubbling or not.
  window.addEventListener('hotro:ask', (event) => {
    open();
    ask(event.detail?.question);
  }, true);

  window.addEventListener('storage', (event) => {
    if (event.key === keyOf('conversation')) {
      const other = known();
      if (!other && session) {
        session = null;
        stopFollowing();
        view.clear();
        setTimeout(() => { if (isOpen) start(); }, 2_000);
      } else if (other && other.id !== session?.id) adopt(other);
      else if (other?.seq > session?.seq) {
        session.seq = other.seq;
        unread = unread.filter((seq) => seq > other.seq);
        view.paint();
      }
    } else if (event.key === keyOf('outbox')) {
      view.showOutbox();
      setTimeout(pump, 4_000); // In case the tab that wrote it is gone.
    }
  });

  window.addEventListener('online', () => {
    silentStreams = 0;
    wakeAll();
    if (session) follow();
    view.paint();
  });
  window.addEventListener('offline', view.paint);
  document.addEventListener('visibilitychange', () => {
    hiddenAt = document.hidden ? Date.now() : 0;
    if (document.hidden) {
      setTimeout(() => { if (!shouldFollow()) stopFollowing(); }, HIDDEN_MS_MAX + 100);
      return;
    }
    wakeAll();
    if (session && shouldFollow() && (!following || Date.now() - lastByteAt > 20_000)) follow();
    markSeen();
    view.paint();
  });
  window.addEventListener('pagehide', stopFollowing);
  window.addEventListener('pageshow', (event) => { if (event.persisted && session) { follow(); pump(); } });
  window.visualViewport?.addEventListener('resize', fitViewport);
  window.visualViewport?.addEventListener('scroll', fitViewport);
  phone.addEventListener?.('change', fitViewport);

  root.append(dock, panel);
  label.hidden = unlabel.hidden = stored.get('label') === 'closed';
  try { field.value = sessionStorage.getItem(keyOf('draft')) ?? ''; } catch { /* No draft then. */ }
  onInput();
  (document.body ?? document.documentElement).append(host);
  if (known()) adopt(known());
  else if (outbox.next()) start();
  view.paint();
})();
