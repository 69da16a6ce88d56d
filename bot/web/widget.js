// The chat widget of hotro: one script, no build step, no dependency.
//
//   <script src="https://hotro.example/widget.js" defer></script>
//
// A conversation is a numbered log on the server. This file is a reader of that log (a cursor and a way to follow it) and an
// outbox (what the citizen has said and the log does not show yet). What is on the screen comes from these two and nothing else,
// so a lost connection, a reload or a second tab can neither lose a message nor show it twice.
//
// Host pages may use: data-hotro-ask="question", data-hotro-open, and the event `hotro:ask` with detail {question}.
(() => {
  'use strict';

  const script = document.currentScript;
  if (!script) return; // Loaded as a module: the API's origin would be a guess.
  const ORIGIN = new URL(script.src).origin;
  const LANG = script.dataset.lang === 'en' ? 'en' : 'vi';

  const TEXT_MAX = 4000; // characters; the server refuses more with 413
  const COUNTER_FROM = 3500; // the counter shows up when the end comes near
  const WAITING_MAX = 20; // messages in the outbox
  const PAGE_MAX = 500; // events in one answer of ?after=
  const RETRY_MS_MIN = 500;
  const RETRY_MS_MAX = 15_000;
  const REQUEST_MS_MAX = 20_000;
  const SILENCE_MS_MAX = 40_000; // the server sends a comment every 15 s, so this is more than two lost ones
  const HIDDEN_MS_MAX = 60_000; // a hidden tab then lets its stream go: browsers allow six connections to a host on HTTP/1.1
  const FOLLOW_CLOSED_MS = 24 * 3_600_000; // a closed panel follows the log this long after the last event, then costs nothing
  const REPLY_SLOW_MS = 20_000;
  const OPERATOR_TYPING_MS = 6_000;
  const STREAMS_SILENT_MAX = 3; // streams in a row without a byte: something between us and the server holds them back
  const LEAD_MAX = 90; // characters
  const BURST_MS = 1_500; // replies this close together are one answer, read from its first line

  // ---------------------------------------------------------------------------------------------------------------- words

  const TEXTS = {
    vi: {
      label: 'Hỏi BHXH',
      name: 'Trợ lý BHXH',
      bot: 'Trợ lý tự động',
      open: 'mở khung trò chuyện',
      closeLabel: 'Ẩn chữ',
      close: 'Đóng',
      fresh: 'Cuộc trò chuyện mới',
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
      startFailed: 'Mình chưa mở được cuộc trò chuyện, đang thử lại. Nếu gấp, bạn gọi',
      slow: 'Câu trả lời đến chậm hơn thường lệ. Nếu gấp, bạn gọi',
      expired: 'Cuộc trò chuyện trước không còn nữa, mình đã mở cuộc mới.',
      sending: 'đang gửi',
      waiting: 'sẽ gửi khi có mạng',
      refused: 'Tin này chưa gửi được.',
      retry: 'Gửi lại',
      edit: 'Sửa',
      drop: 'Bỏ',
      full: 'Còn 20 tin chưa gửi được, bạn chờ một chút nhé.',
      tooLong: 'Tin dài quá 4.0 ký tự, bạn chia làm hai tin giúp mình nhé.',
      characters: 'ký tự',
      you: 'Bạn',
      operator: 'tổng đài viên',
      handling: (who) => `${who} (tổng đài viên)`,
      joined: (who) => `${who} (tổng đài viên) đã vào cuộc trò chuyện.`,
      requested: 'Đã báo tổng đài viên.',
      resolved: 'Tổng đài viên đã kết thúc. Mình, trợ lý tự động, trả lời tiếp.',
      typing: 'đang soạn câu trả lời',
      understood: 'Mình hiểu là:',
      more: 'Xem thêm',
      less: 'Thu gọn',
      basis: 'Căn cứ:',
      effective: 'hiệu lực',
      reviewed: 'Rà soát',
      stale: 'Câu trả lời này đã quá hạn rà soát, quy định có thể đã đổi. Bạn nên hỏi lại',
      choices: 'Chọn nhanh',
      newer: 'Tin mới',
      unread: (n) => `${n} tin chưa đọc`,
      confirm: 'Bắt đầu cuộc trò chuyện mới?',
      confirmMore: 'Nội dung đang có sẽ không hiện ở đây nữa.',
      confirmYes: 'Bắt đầu mới',
      confirmNo: 'Giữ lại',
      yesterday: 'Hôm qua',
    },
    en: {
      label: 'Ask BHXH',
      name: 'BHXH assistant',
      bot: 'Automatic assistant',
      open: 'open the chat',
      closeLabel: 'Hide the label',
      close: 'Close',
      fresh: 'New conversation',
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
      startFailed: 'I could not open the conversation yet and keep trying. If it is urgent, call',
      slow: 'The answer takes longer than usual. If it is urgent, call',
      expired: 'The earlier conversation is gone, I have started a new one.',
      sending: 'sending',
      waiting: 'will be sent when you are online',
      refused: 'This message was not sent.',
      retry: 'Send again',
      edit: 'Edit',
      drop: 'Remove',
      full: '20 messages are still waiting to be sent. Please wait a moment.',
      tooLong: 'This is longer than 4,000 characters. Please split it in two.',
      characters: 'characters',
      you: 'You',
      operator: 'operator',
      handling: (who) => `${who} (operator)`,
      joined: (who) => `${who} (operator) has joined the conversation.`,
      requested: 'An operator has been told.',
      resolved: 'The operator has finished. I, the automatic assistant, am back.',
      typing: 'writing an answer',
      understood: 'I understood:',
      more: 'Show more',
      less: 'Show less',
      basis: 'Legal basis:',
      effective: 'in force from',
      reviewed: 'Reviewed',
      stale: 'This answer is overdue for review, the rules may have changed. Please ask',
      choices: 'Quick replies',
      newer: 'New message',
      unread: (n) => (n === 1 ? '1 unread message' : `${n} unread messages`),
      confirm: 'Start a new conversation?',
      confirmMore: 'What is here now will no longer be shown.',
      confirmYes: 'Start new',
      confirmNo: 'Keep this one',
      yesterday: 'Yesterday',
    },
  };
  const T = TEXTS[LANG];

  // --------------------------------------------------------------------------------------------------------------- styles

  // Sizes of type are in em and the host's size is `medium`, so the widget follows the reader's own setting and not the page's
  // idea of 1rem. The warm accent is used once: the badge (and the roof of the mark, which is the same thing said in a drawing).
  const STYLE = `
:host {
  all: initial; display: block;
  --blue: #0b5cab; --blue-deep: #084785; --on-blue: #fff; --link: #0b5cab; --tint: #e7f0fa;
  --ground: #f2f5f9; --card: #fff; --ink: #17212b; --soft: #526070; --line: #d3dce6; --edge: #7f8fa1; --choice: #7fa8d4;
  --warm: #f6b13d; --on-warm: #2a1b00; --bad: #b3261e; --ok: #8fe0ae; --shade: rgb(13 33 56 / .18);
  --high: 100vh; color-scheme: light dark; color: var(--ink); text-align: start; -webkit-text-size-adjust: 100%;
  font: medium/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
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
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; }
button { border: 0; background: none; padding: 0; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
button:disabled { cursor: default; }
svg { display: block; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
:focus { outline: none; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

#dock {
  position: fixed; z-index: 2147483000; display: flex; border-radius: 30px; background: var(--blue); color: var(--on-blue);
  right: calc(20px + env(safe-area-inset-right, 0px)); bottom: calc(20px + env(safe-area-inset-bottom, 0px));
  box-shadow: 0 4px 16px var(--shade); transition: background .15s;
}
#dock:hover { background: var(--blue-deep); }
#launcher { display: flex; align-items: center; min-width: 60px; height: 60px; padding: 0 13px; border-radius: 30px; font-weight: 600; }
#launcher .label { padding: 0 2px 0 10px; white-space: nowrap; }
#launcher .label + .badge { margin-left: 8px; }
#unlabel { width: 44px; border-radius: 0 30px 30px 0; display: grid; place-items: center; padding-right: 6px; }
#dock :focus-visible { outline-color: var(--on-blue); outline-offset: -5px; }
.badge {
  position: absolute; top: -6px; right: -4px; min-width: 26px; height: 26px; padding: 0 7px; border-radius: 13px; display: grid; place-items: center;
  background: var(--warm); color: var(--on-warm); font-size: .875em; font-weight: 700; line-height: 1;
}

#panel {
  position: fixed; z-index: 2147483001; display: flex; flex-direction: column; overflow: hidden; background: var(--ground);
  right: calc(20px + env(safe-area-inset-right, 0px)); bottom: calc(20px + env(safe-area-inset-bottom, 0px) + var(--lift, 0px));
  width: min(23.75em, calc(100vw - 24px)); height: min(37.5em, calc(var(--high) - 40px));
  border: 1px solid var(--line); border-radius: 18px; box-shadow: 0 10px 36px var(--shade); animation: rise .18s ease-out;
}
#panel:focus-visible { outline-offset: -3px; }
@media (max-height: 560px) { #panel { bottom: calc(8px + var(--lift, 0px)); height: calc(var(--high) - 16px); } }

header {
  flex: none; display: flex; align-items: center; gap: 10px; padding: 8px 6px 8px 14px; background: var(--blue); color: var(--on-blue);
}
header > div { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 1em; font-weight: 650; line-height: 1.4; }
#state { margin: 0; font-size: .8125em; line-height: 1.45; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#state::before {
  content: ""; display: inline-block; width: 8px; height: 8px; margin: 0 6px 1px 0; border-radius: 50%; background: var(--ok);
}
#state.connecting::before, #state.lost::before { background: none; box-shadow: inset 0 0 0 2px currentColor; }
header button { flex: none; width: 44px; height: 44px; border-radius: 12px; display: grid; place-items: center; }
header button:hover { background: var(--blue-deep); }
header :focus-visible { outline-color: var(--on-blue); outline-offset: -4px; }

#body { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
#log {
  position: relative; flex: 1; min-height: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 14px 14px 6px;
  display: flex; flex-direction: column; scrollbar-width: thin;
}
#log > :first-child { margin-top: 0; }
#log:focus-visible { outline-offset: -3px; }
.note, time { display: block; margin: 14px auto 0; max-width: 34em; text-align: center; text-wrap: balance; font-size: .8125em; color: var(--soft); }
.note a, #status a { white-space: nowrap; }
.loading { animation: appear .2s .3s both; }
.msg { margin-top: 14px; max-width: 100%; animation: appear .16s ease-out; overflow-wrap: anywhere; }
.me + .me, .operator + .operator { margin-top: 6px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 16px 16px 16px 4px; padding: 11px 14px; width: fit-content; max-width: 100%; }
.me { align-self: flex-end; max-width: 86%; display: flex; flex-direction: column; align-items: flex-end; }
.bubble { background: var(--blue); color: var(--on-blue); border-radius: 16px 16px 4px 16px; padding: 9px 14px; white-space: pre-wrap; }
.failed .bubble { background: none; color: var(--ink); box-shadow: inset 0 0 0 1.5px var(--bad); }
.fate { margin: 3px 2px 0; font-size: .8125em; color: var(--soft); text-align: end; text-wrap: balance; }
.failed .fate { color: var(--bad); }
.failed button { min-height: 44px; padding: 0 12px; color: var(--link); font-size: .9375em; font-weight: 600; border-radius: 10px; }
.operator .card { background: var(--tint); border-color: transparent; white-space: pre-wrap; }
.who { display: block; margin: 0 0 3px 2px; font-size: .8125em; color: var(--soft); }

.card > *, .rest > * { margin: 0; }
.card > * + *, .rest > * + * { margin-top: 8px; }
.card > .sr + * { margin-top: 0; }
.card h3 { font-size: 1em; font-weight: 650; margin-top: 14px; }
.card h3 + * { margin-top: 4px; }
.understood { font-size: .875em; color: var(--soft); }
ul, ol { padding: 0 0 0 20px; }
ol { padding-left: 24px; }
li { padding-left: 2px; }
li + li { margin-top: 5px; }
li::marker { color: var(--soft); }
ol > li::marker { font-weight: 600; color: var(--link); font-variant-numeric: tabular-nums; }
b, .lead { font-weight: 650; }
a, .topic { color: var(--link); text-decoration: underline; text-underline-offset: 3px; text-decoration-thickness: 1px; cursor: pointer; border-radius: 3px; }
a:hover, .topic:hover { text-decoration-thickness: 2px; }
.topic { text-decoration-style: dotted; }
.host { display: inline-block; font-size: .8125em; color: var(--soft); }
.more { display: flex; align-items: center; gap: 6px; min-height: 44px; margin: 2px -10px -8px; padding: 0 10px; border-radius: 10px; color: var(--link); font-weight: 600; }
.more svg { transition: transform .15s; }
.more[aria-expanded="true"] svg { transform: rotate(180deg); }
.stale { padding: 8px 10px; border-radius: 10px; box-shadow: inset 0 0 0 1px var(--line); background: var(--ground); font-size: .875em; }
.basis { margin-top: 11px; padding-top: 8px; border-top: 1px solid var(--line); font-size: .8125em; color: var(--soft); }

.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 9px; }
.choice {
  display: inline-flex; align-items: center; min-height: 44px; padding: 6px 14px; border-radius: 22px; text-align: start; text-decoration: none;
  background: var(--card); color: var(--link); border: 1px solid var(--choice); font-weight: 500; line-height: 1.35; transition: background .12s;
}
.choice:hover:enabled, a.choice:hover { background: var(--tint); }
.used { gap: 6px; margin-top: 7px; }
.used .choice { min-height: 32px; padding: 3px 11px; font-size: .875em; font-weight: 400; background: none; border: 1px solid var(--line); color: var(--soft); }
.used a.choice { min-height: 44px; color: var(--link); }
.used .picked { color: var(--ink); border-color: var(--edge); }
.used .picked::before { content: "✓"; margin-right: 6px; }

.typing { display: flex; align-items: center; gap: 5px; margin: 14px 0 0 4px; height: 24px; color: var(--soft); font-size: .8125em; }
.typing i { width: 7px; height: 7px; border-radius: 50%; background: currentColor; animation: breathe 1.2s infinite; }
.typing i:nth-child(2) { animation-delay: .15s; }
.typing i:nth-child(3) { animation-delay: .3s; margin-right: 4px; }
#log > .end { flex: none; height: 8px; margin: 0; }
#newer {
  position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 6px; min-height: 44px; padding: 0 16px;
  border-radius: 22px; background: var(--card); color: var(--link); border: 1.5px solid var(--link); font-weight: 600; font-size: .9375em;
}

footer { flex: none; background: var(--card); border-top: 1px solid var(--line); padding: 8px 8px calc(8px + env(safe-area-inset-bottom, 0px)); }
#status { font-size: .875em; color: var(--soft); padding: 0 6px; }
#status:not(:empty) { padding: 2px 6px 8px; }
.write { display: flex; align-items: flex-end; gap: 6px; }
/* The mirror in ::after gives the field its height: it grows with the text without a style attribute. */
.grow { flex: 1; min-width: 0; display: grid; }
.grow::after, #field { grid-area: 1 / 1; padding: 9px 14px; border: 1px solid transparent; max-height: calc(6em + 20px); overflow-wrap: anywhere; }
.grow::after { content: attr(data-value) " "; white-space: pre-wrap; visibility: hidden; overflow: hidden; }
#field {
  width: 100%; height: 100%; min-height: 44px; resize: none; overflow: auto; border-color: var(--edge); border-radius: 22px; background: var(--card);
  -webkit-appearance: none; appearance: none; scrollbar-width: thin;
}
#field::placeholder { color: var(--soft); opacity: 1; }
#field:focus-visible { outline-offset: -1px; outline-width: 2px; border-color: var(--link); }
#send { flex: none; width: 44px; height: 44px; border-radius: 50%; display: grid; place-items: center; color: var(--soft); transition: background .12s; }
#send.ready { background: var(--blue); color: var(--on-blue); }
#send.ready:hover { background: var(--blue-deep); }
#count { font-size: .8125em; color: var(--soft); text-align: end; padding: 4px 58px 0 0; font-variant-numeric: tabular-nums; }
#count.over { color: var(--bad); font-weight: 600; }

#confirm { position: absolute; inset: 0; z-index: 1; display: flex; align-items: flex-end; background: rgb(8 18 30 / .45); animation: appear .14s; }
#confirm > div { width: 100%; padding: 18px 16px calc(16px + env(safe-area-inset-bottom, 0px)); background: var(--card); border-radius: 18px 18px 0 0; }
#confirm h3 { margin: 0; font-size: 1.0625em; font-weight: 650; }
#confirm p { margin: 2px 0 14px; color: var(--soft); }
#confirm .row { display: flex; flex-wrap: wrap; gap: 8px; }
#confirm button { flex: 1 1 8em; min-height: 48px; border-radius: 12px; font-weight: 600; border: 1.5px solid var(--link); color: var(--link); }
#confirm .yes { background: var(--blue); color: var(--on-blue); border-color: var(--blue); }

/* Phones: the whole screen, and exactly the part of it that the keyboard leaves (see fitViewport). */
@media (max-width: 479.98px) {
  #panel {
    inset: var(--top, 0px) auto auto 0; width: 100%; height: var(--high); border: 0; border-radius: 0; box-shadow: none;
  }
  header { padding-top: calc(8px + env(safe-area-inset-top, 0px)); }
}
@media (max-width: 359.98px) { #log { padding-inline: 10px; } header { padding-left: 10px; } }
@media (max-height: 330px) { .rule { display: none; } header { padding-block: 2px; } }
@media (forced-colors: active) {
  #dock, .bubble, #send.ready, .badge { border: 1px solid; }
  .typing i { background: CanvasText; }
}
@keyframes rise { from { opacity: 0; transform: translateY(10px); } }
@keyframes appear { from { opacity: 0; } }
@keyframes breathe { 0%, 60%, 100% { opacity: .3; } 30% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; }
}
@media print { :host { display: none; } }
`;

  // -------------------------------------------------------------------------------------------------------- small helpers

  const warn = (what, detail = '') => console.warn(`hotro widget: ${what}`, detail);
  const plural = (n) => n.toLocaleString(LANG === 'vi' ? 'vi-VN' : 'en-US');

  /** An element. Strings become text nodes, so nothing a server or a citizen wrote is ever read as HTML. */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === 'function') node.addEventListener(name, value);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.filter((child) => child != null && child !== false));
    return node;
  }

  const button = (attributes, ...children) => el('button', { type: 'button', ...attributes }, ...children);
  const hidden = (text) => el('span', { class: 'sr' }, text);
  const hotline = () => el('a', { href: 'tel:19009068' }, '1900 9068');

  function drawing(size, ...shapes) {
    const make = (tag, attributes) => {
      const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      return node;
    };
    const svg = make('svg', { viewBox: `0 0 ${size} ${size}`, width: size, height: size, 'aria-hidden': 'true', focusable: 'false' });
    svg.append(...shapes.map((shape) => make('path', typeof shape === 'string' ? { d: shape } : shape)));
    return svg;
  }
  const ICON = {
    close: 'M5 5l10 10M15 5L5 15',
    fresh: 'M10 4H5.5A2.5 2.5 0 0 0 3 6.5v9A2.5 2.5 0 0 0 5.5 18h9a2.5 2.5 0 0 0 2.5-2.5V11M16.3 2.7a1.4 1.4 0 0 1 2 2L11.5 11.5 8.5 12.5l1-3z',
    send: 'M10 16.5V4M4.5 9.5L10 4l5.5 5.5',
    down: 'M3.5 6L8 10.5 12.5 6',
  };
  /** The mark: the letter ô, a speech bubble under a roof. It is also the Vietnamese word for umbrella. */
  const mark = () => drawing(34,
    { d: 'M8.8 11.3L17 5.2l8.2 6.1', stroke: 'var(--warm)', 'stroke-width': 3.2 },
    { d: 'M17 13.7a7.7 7.7 0 1 0 0 15.4 7.7 7.7 0 1 0 0-15.4z', 'stroke-width': 3.2 },
    { d: 'M9.3 25.1l-.7 4.4 4.5-.6z', fill: 'currentColor' });

  /** A UUID. `randomUUID` exists on https pages only, and plain http pages have citizens too. */
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** 2026-11-22 -> 22/11/2026. Anything else is left out rather than shown wrong. */
  function date(iso) {
    const parts = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso ?? '');
    return parts && `${parts[3]}/${parts[2]}/${parts[1]}`;
  }

  function timeOf(ms) {
    const at = new Date(ms);
    const two = (n) => String(n).padStart(2, '0');
    const clock = `${at.getHours()}:${two(at.getMinutes())}`;
    const daysAgo = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(ms).setHours(0, 0, 0, 0)) / 86_400_000);
    if (daysAgo <= 0) return clock;
    return `${daysAgo === 1 ? T.yesterday : `${two(at.getDate())}/${two(at.getMonth() + 1)}/${at.getFullYear()}`} ${clock}`;
  }

  /** The only addresses that become links. `javascript:` and friends, http: and relative ones stay text. */
  function safeLink(href) {
    try {
      const url = new URL(href);
      return url.protocol === 'https:' || url.protocol === 'tel:' ? url : null;
    } catch {
      return null;
    }
  }

  // Half of the delay is fixed and half is chance, so that a restarted server is not met by everyone in the same moment.
  const backoff = (failures) => Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2) + RETRY_MS_MIN / 2;

  const sleepers = new Set();
  /** Waits, unless `wakeAll` (network back, tab visible again) ends it. `firm` waits were asked for by the server. */
  function pause(ms, firm = false) {
    return new Promise((done) => {
      const wake = () => { clearTimeout(timer); sleepers.delete(wake); done(); };
      const timer = setTimeout(wake, ms);
      if (!firm) sleepers.add(wake);
    });
  }
  const wakeAll = () => [...sleepers].forEach((wake) => wake());

  // -------------------------------------------------------------------------------------------------------------- storage

  // One set of keys for each API origin, shared by all tabs of the host page. Where storage is forbidden (private windows,
  // sandboxed frames) everything still works until the page is left.
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

  /**
   * What the citizen has said and the log does not show yet, oldest first. An item is
   * {client_id, text | choice + label, sent?: conversation id that accepted it, failed?: the server's reason, code?}.
   * `sent` names the conversation, so that whatever a lost conversation had accepted is sent again to the new one.
   */
  const outbox = {
    all() { const items = stored.get('outbox'); return Array.isArray(items) ? items : []; },
    add(item) { stored.set('outbox', [...this.all(), item]); },
    change(id, what) { stored.set('outbox', this.all().map((item) => (item.client_id === id ? { ...item, ...what } : item))); },
    remove(id) {
      const items = this.all();
      const rest = items.filter((item) => item.client_id !== id);
      if (rest.length < items.length) stored.set('outbox', rest.length ? rest : null);
    },
    next() { return this.all().find((item) => !item.failed && item.sent !== session?.id); },
  };

  // ---------------------------------------------------------------------------------------------------------------- state

  let session = null; // {id, token, seq: last event the citizen has seen, at: its time}; null before the first opening
  let cursor = 0; // seq of the last event read from the log
  let loaded = false; // the log is read from its start; before the first opening only news are counted
  let caughtUp = false; // the history is here and the rest comes live
  let isOpen = false;
  let link = 'connecting'; // connecting | live | lost
  let slowToConnect = false;
  let operator = null; // name of the operator who has the conversation
  let citizenSeq = 0; // seq of the citizen's last event, and of the last reply: a greater first one means a reply is due
  let replySeq = 0;
  let askedAt = 0; // when this page saw the citizen's last event; history is not waited for
  let operatorTypingUntil = 0;
  let unread = []; // seqs of replies that came while the panel was closed
  let unreadFrom = 0; // the first of them when it was opened: there the reading goes on

  // -------------------------------------------------------------------------------------------------------------- network

  /** One request. Never throws: status 0 means that no answer came. */
  async function call(path, { method = 'GET', token, body, accept } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), REQUEST_MS_MAX);
    try {
      const headers = {};
      if (token) headers.Authorization = `Bearer ${token}`;
      if (body) headers['Content-Type'] = 'application/json';
      if (accept) headers.Accept = accept;
      const response = await fetch(ORIGIN + path, {
        method, headers, signal: stop.signal, credentials: 'omit', cache: 'no-store', body: body && JSON.stringify(body),
      });
      const answer = await response.json().catch(() => null);
      return { ok: response.ok && !!answer, status: response.status, body: answer, retryMs: retryAfter(response) };
    } catch {
      return { ok: false, status: 0, body: null, retryMs: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Retry-After in ms; 0 if there is none (or if the server does not expose it to this origin). */
  const retryAfter = (response) => Math.max(0, Number(response.headers.get('Retry-After')) || 0) * 1000;
  const messageOf = (answer) => answer.body?.error?.message;

  /** Runs `work` in one tab at a time, where the browser can. It must also be right without that. */
  async function exclusive(name, work) {
    if (!navigator.locks) return work();
    const giveUp = new AbortController(); // A suspended tab may hold the lock for as long as it sleeps.
    const timer = setTimeout(() => giveUp.abort(), 5_000);
    let held = false;
    try {
      return await navigator.locks.request(keyOf(name), { signal: giveUp.signal }, () => {
        held = true;
        clearTimeout(timer);
        return work();
      });
    } catch (error) {
      if (held) throw error;
      return work();
    }
  }

  // --------------------------------------------------------------------------------------------- starting a conversation

  let starting = false;
  let rejected = 0; // conversations refused in a row; keeps a server that refuses everything from being asked for ever more
  let noteOnStart = null;

  async function start() {
    if (starting || session) return;
    starting = true;
    for (let failures = 0; !session && (isOpen || outbox.next()); ) {
      const trouble = await exclusive('start', async () => {
        const other = stored.get('conversation'); // Another tab may have been first.
        if (other?.id && other.token) return void adopt(other);
        const answer = await call('/api/conversations', { method: 'POST', body: {} });
        if (!answer.ok || !answer.body.conversation_id) return answer;
        const mine = { id: answer.body.conversation_id, token: answer.body.token, seq: 0, at: Date.now() };
        stored.set('conversation', mine);
        adopt(mine, true);
      });
      if (!trouble) break;
      failures += 1;
      warn('cannot start a conversation, status', trouble.status);
      setLink(trouble.status ? 'connecting' : 'lost');
      view.startFailed(messageOf(trouble));
      await (trouble.retryMs ? pause(trouble.retryMs, true) : pause(trouble.status === 403 ? 60_000 : backoff(failures)));
    }
    starting = false;
  }

  /** Makes a conversation the one that is shown and followed. */
  function adopt(next, isNew = false) {
    session = next;
    loaded = isOpen;
    caughtUp = false;
    cursor = loaded ? 0 : next.seq || 0;
    operator = null;
    citizenSeq = replySeq = askedAt = operatorTypingUntil = 0;
    unread = [];
    view.clear(isNew);
    follow();
    pump();
  }

  /** Lets the conversation go: it was refused (`lost`), or the citizen wants a new one. */
  function forget(which, lost) {
    if (session?.id !== which.id) return;
    if (stored.get('conversation')?.id === which.id) stored.set('conversation', null);
    session = null;
    stopFollowing();
    noteOnStart = lost ? T.expired : null;
    view.clear();
    if (!lost) rejected = 0;
    setTimeout(start, lost && rejected++ ? backoff(rejected) : 0);
  }

  // ---------------------------------------------------------------------------------------------------- reading the log

  let running = 0; // number of the follow loop in charge; an older one sees it and ends
  let abortStream = () => {};
  let following = false; // a follow loop is running
  let silentStreams = 0;
  let lastByteAt = 0;
  let hiddenAt = 0; // 0 while the page is visible

  function shouldFollow() {
    if (!session) return false;
    if (hiddenAt && Date.now() - hiddenAt >= HIDDEN_MS_MAX) return false;
    return isOpen || !!outbox.all().length || Date.now() - session.at < FOLLOW_CLOSED_MS;
  }

  /** Keeps the view as long as the log, whatever happens to the connection. */
  async function follow() {
    const run = (running += 1);
    abortStream();
    following = true;
    let failures = 0;
    while (shouldFollow()) {
      if (link !== 'live') setLink(failures > 1 || !navigator.onLine ? 'lost' : 'connecting');
      const polling = silentStreams >= STREAMS_SILENT_MAX;
      // The first reading is plain JSON: it has an end, so that the history can be shown at once and not read aloud line by line.
      const result = !caughtUp || polling ? await readPages(run) : await readStream(run);
      if (run !== running) return;
      if (result.status === 401) return forget(session, true);
      if (result.ok) failures = 0;
      else {
        failures += 1;
        warn('reading failed, status', result.status);
        setLink(failures > 1 || !navigator.onLine ? 'lost' : 'connecting');
      }
      if (result.retryMs) await pause(result.retryMs, true);
      else if (!result.ok) await pause(result.status === 403 ? 60_000 : backoff(failures));
      else if (result.again) continue;
      else if (polling) await pause(replyDue() || outbox.all().length ? 1_500 : isOpen ? 4_000 : 20_000);
      else await pause(backoff(1));
      if (run !== running) return;
    }
    following = false;
  }

  function stopFollowing() {
    running += 1;
    following = false;
    abortStream();
  }

  /** Reads all pages after the cursor. `again`: the history is complete now, go on with a stream. */
  async function readPages(run) {
    for (;;) {
      const to = session;
      const answer = await call(`/api/conversations/${to.id}/events?after=${cursor}`, { token: to.token, accept: 'application/json' });
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

  /** Reads one stream to its end. `ok` means that it was accepted and gave at least a byte, or was let go by ourselves. */
  async function readStream(run) {
    const to = session;
    const stop = new AbortController();
    let ours = false; // we ended it
    let bytes = 0;
    lastByteAt = Date.now();
    let accepted = false;
    abortStream = () => { ours = true; stop.abort(); };
    const watchdog = setInterval(async () => {
      if (Date.now() - lastByteAt > SILENCE_MS_MAX) return stop.abort();
      // A stream without a byte while news are due: look whether something on the way holds it back.
      if (bytes || !accepted || !(replyDue() || outbox.all().some((item) => item.sent))) return;
      const looked = await readPages(run);
      if (run === running && looked.found && !bytes) { silentStreams = STREAMS_SILENT_MAX; abortStream(); }
    }, 3_000);
    try {
      const response = await fetch(`${ORIGIN}/api/conversations/${to.id}/events`, {
        headers: { Accept: 'text/event-stream', Authorization: `Bearer ${to.token}`, 'Last-Event-ID': String(cursor) },
        signal: stop.signal, credentials: 'omit', cache: 'no-store',
      });
      if (!response.ok) return { ok: false, status: response.status, retryMs: retryAfter(response) };
      if (!response.body || !/event-stream/.test(response.headers.get('Content-Type') ?? '')) {
        silentStreams = STREAMS_SILENT_MAX; // This browser or a proxy does not do streams.
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

  /** A parser of text/event-stream (HTML standard, 9.2.6): takes text in any pieces, calls `emit(type, data, id)`. */
  function eventStream(emit) {
    let rest = '';
    let type = '';
    let data = [];
    let id = '';
    return (text) => {
      // A carriage return at the end may be the first half of \r\n: it waits for the next piece.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === '') {
          if (data.length) emit(type || 'message', data.join('\n'), id);
          type = '';
          data = [];
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'data') data.push(value);
        else if (field === 'event') type = value;
        else if (field === 'id') id = value;
      }
    };
  }

  function takeRaw(type, data, id) {
    let value;
    try { value = JSON.parse(data); } catch {
      warn('an event is not JSON');
      cursor = Math.max(cursor, Number(id) || 0); // Or it would be sent again for ever.
      return;
    }
    if (type === 'typing') {
      if (value.who !== 'operator') return;
      operatorTypingUntil = Date.now() + OPERATOR_TYPING_MS;
      setTimeout(view.paint, OPERATOR_TYPING_MS + 50);
      view.paint();
    } else if (type === 'message') takeAll([value]);
  }

  /** Applies events in order, each once. The server may leave out numbers that are not for citizens, so gaps are no error. */
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
        outbox.remove(event.client_id);
        citizenSeq = Math.max(citizenSeq, event.seq);
        if (caughtUp || Math.abs(Date.now() - event.at_ms) < REPLY_SLOW_MS) saidNow();
        break;
      case 'bot_message':
      case 'operator_message':
        replySeq = event.seq;
        operatorTypingUntil = 0;
        if (event.seq > (session.seq || 0)) unread.push(event.seq);
        break;
      case 'operator_joined':
        replySeq = event.seq;
        operator = event.operator ?? T.operator;
        break;
      case 'handoff_resolved':
        operator = null;
        break;
      default: // A kind of a later server: the cursor has moved on, that is all.
    }
  }

  function saidNow() {
    askedAt = Date.now();
    setTimeout(view.paint, REPLY_SLOW_MS + 50);
  }
  const replyDue = () => citizenSeq > replySeq && !operator && askedAt > 0;

  /** The last seq that was on the screen of a visible page. Other tabs learn it through storage and drop their badges. */
  function markSeen() {
    if (!session || !loaded || !isOpen || document.hidden) return;
    unread = [];
    if (cursor > (session.seq || 0)) {
      session.seq = cursor;
      if (stored.get('conversation')?.id === session.id) stored.set('conversation', session);
    }
  }

  // --------------------------------------------------------------------------------------------------------------- sending

  let pumping = false;
  let sendFailures = 0;
  let notice = null; // a sentence of the server and how long to show it

  /** Puts something into the outbox. False if it is full. */
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

  /** Sends what waits, one after the other, until the outbox is empty. */
  async function pump() {
    if (pumping) return;
    pumping = true;
    while (session && outbox.next()) {
      const wait = await exclusive('send', sendNext).catch(() => ({ ms: RETRY_MS_MAX }));
      view.showOutbox();
      if (wait) await pause(wait.ms, wait.firm);
    }
    pumping = false;
  }

  async function sendNext() {
    const item = outbox.next(); // Read again: another tab may have sent it while this one waited for its turn.
    const to = session;
    if (!item || !to) return null;
    const { client_id: id, text, choice } = item;
    const answer = await call(`/api/conversations/${to.id}/messages`, {
      method: 'POST', token: to.token, body: choice ? { client_id: id, choice } : { client_id: id, text },
    });
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
    if (answer.status === 401) { forget(to, true); return null; }
    if (answer.status === 429) {
      const ms = answer.retryMs || 5_000;
      tell(messageOf(answer), ms);
      return { ms, firm: true };
    }
    if (answer.status === 0 || answer.status === 408 || answer.status >= 500 || answer.status < 400) {
      sendFailures += 1;
      warn('sending failed, status', answer.status);
      if (answer.status) tell(messageOf(answer), RETRY_MS_MAX);
      else if (sendFailures > 1 || !navigator.onLine) setLink('lost');
      return { ms: backoff(sendFailures) };
    }
    warn('a message was refused, status', answer.status);
    outbox.change(id, { failed: messageOf(answer) ?? T.refused, code: answer.status });
    return null;
  }

  function tell(text, ms) {
    if (!text) return;
    const mine = (notice = { text });
    setTimeout(() => { if (notice === mine) { notice = null; view.paint(); } }, ms);
    view.paint();
  }

  function setLink(next) {
    if (link === next) return;
    link = next;
    slowToConnect = false;
    if (next === 'connecting') connectingSince();
    view.paint();
  }

  // A reconnection that takes a moment is nobody's business; only a long one is said.
  function connectingSince() {
    setTimeout(() => {
      slowToConnect = link === 'connecting';
      view.paint();
    }, 1_500);
  }

  // --------------------------------------------------------------------------------------------------- drawing an answer

  function spans(list) {
    return (list ?? []).map((span) => {
      const text = span.bold ? el('b', null, span.text ?? '') : span.text ?? '';
      if (span.topic) return topicLink(text, span);
      const url = span.href && safeLink(span.href);
      return url ? anchor(url, text) : text;
    });
  }

  /** A link that says where it leads: its host follows in small type, unless the text names it already. */
  function anchor(url, text, withHost = true) {
    if (url.protocol === 'tel:') return el('a', { href: url.href }, text);
    const node = el('a', { href: url.href, title: url.href, target: '_blank', rel: 'noopener noreferrer' }, text);
    const host = url.host.replace(/^www\./, '');
    if (withHost && !node.textContent.includes(host)) node.append(' ', el('span', { class: 'host' }, `(${host})`));
    return node;
  }

  // A span and not a <button>: buttons do not break over lines, and this one stands inside a sentence.
  function topicLink(text, span) {
    const ask = () => choose(`topic:${span.topic}`, span.text ?? '');
    const onKey = (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); ask(); }
    };
    return el('span', { class: 'topic', part: 'topic', role: 'button', tabindex: 0, click: ask, keydown: onKey }, text);
  }

  const BLOCKS = {
    paragraph: (block) => el('p', null, ...spans(block.spans ?? [block])),
    heading: (block) => el('h3', null, ...(block.spans ? spans(block.spans) : [block.text ?? ''])),
    steps: (block) => el('ol', null, ...(block.items ?? []).map((item) => el('li', null, ...spans(item)))),
    bullets: (block) => el('ul', null, ...(block.items ?? []).map((item) => el('li', null, ...spans(item)))),
  };
  const blocks = (list) => (list ?? []).map((block) => BLOCKS[block?.type]?.(block)).filter(Boolean);

  function fold(seq, list) {
    const rest = el('div', { class: 'rest', id: `more-${seq}`, hidden: true }, ...blocks(list));
    const words = el('span', null, T.more);
    const toggle = button({
      class: 'more', part: 'more', 'aria-expanded': 'false', 'aria-controls': rest.id, lang: LANG,
      click() {
        rest.hidden = !rest.hidden;
        toggle.setAttribute('aria-expanded', String(!rest.hidden));
        words.textContent = rest.hidden ? T.more : T.less;
      },
    }, words, drawing(16, ICON.down));
    return [rest, toggle];
  }

  /** "📄 Căn cứ: Luật A, Điều 1; NĐ B (hiệu lực 01/07/2026). Rà soát 22/11/2026." A date stands after the last of its group. */
  function basisLine({ basis, reviewed }) {
    const parts = [];
    (basis ?? []).forEach((source, i) => {
      const name = [source.document, source.article].filter(Boolean).join(', ');
      const url = source.url && safeLink(source.url);
      parts.push(i ? '; ' : `${T.basis} `, url ? anchor(url, name, false) : name);
      const since = date(source.effective_from);
      if (since && since !== date(basis[i + 1]?.effective_from)) parts.push(` (${T.effective} ${since})`);
    });
    if (parts.length) parts.push('. ');
    if (date(reviewed)) parts.push(`${T.reviewed} ${date(reviewed)}.`);
    return parts.length ? el('p', { class: 'basis', part: 'basis' }, el('span', { 'aria-hidden': 'true' }, '📄 '), ...parts) : null;
  }

  function choiceRow(choices) {
    if (!choices?.length) return null;
    // Used up until `refreshChoices` finds that nothing has been said since.
    return el('div', { class: 'choices used', role: 'group', 'aria-label': T.choices }, ...choices.map((choice) => {
      const attributes = { class: 'choice', part: 'choice', 'data-choice': choice.id };
      if (!choice.href) return button({ ...attributes, disabled: true, click: () => choose(choice.id, choice.label) }, choice.label);
      const url = safeLink(choice.href);
      if (!url) return '';
      const outside = url.protocol === 'https:' && { target: '_blank', rel: 'noopener noreferrer', title: url.href };
      return el('a', { ...attributes, href: url.href, ...outside }, choice.label);
    }));
  }

  function botMessage({ seq, outcome, message = {} }) {
    const answer = blocks(message.blocks);
    // A short answer with reasons after it is its own headline; a long one in bold would only be loud.
    if (answer.length > 1 && answer[0].matches('p') && answer[0].textContent.length <= LEAD_MAX && outcome === 'answered') answer[0].className = 'lead';
    const card = el('div', { class: 'card' },
      hidden(`${T.name}: `),
      message.understood && el('p', { class: 'understood' }, `${T.understood} `, el('em', null, message.understood)),
      ...answer,
      ...(message.more?.length ? fold(seq, message.more) : []),
      message.stale && el('p', { class: 'stale' }, '⚠ ', T.stale, ' ', hotline(), '.'),
      basisLine(message));
    return el('div', { class: 'msg bot', part: 'msg bot', lang: 'vi', 'data-outcome': outcome ?? '' }, card, choiceRow(message.choices));
  }

  /** Operators write plain text; an https address and the hotline in it can be tapped. */
  function operatorMessage({ operator: who, text }, previous) {
    const name = `${who ?? ''} (${T.operator})`;
    const pieces = String(text ?? '').split(/(https:\/\/[^\s<>"]*[^\s<>".,;:!?)\]]|1900[ .]?9068)/).map((piece, i) => {
      if (i % 2 === 0) return piece;
      const url = safeLink(piece.startsWith('https:') ? piece : 'tel:19009068');
      return url ? anchor(url, piece) : piece;
    });
    const again = previous?.dataset.who === name;
    return el('div', { class: 'msg operator', part: 'msg operator', lang: 'vi', 'data-who': name },
      again ? hidden(`${name}: `) : el('span', { class: 'who' }, name, hidden(': ')),
      el('div', { class: 'card' }, ...pieces));
  }

  function citizenMessage(text) {
    return el('div', { class: 'msg me', part: 'msg me', lang: 'vi' },
      el('div', { class: 'bubble' }, hidden(`${T.you}: `), el('span', { class: 'text' }, text ?? '')));
  }

  // ----------------------------------------------------------------------------------------------------------------- view

  const host = document.createElement('hotro-widget');
  const root = host.attachShadow({ mode: 'open' });
  const phone = matchMedia('(max-width: 479.98px)');
  const touch = matchMedia('(hover: none) and (pointer: coarse)');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const viewportSheet = addStyles();

  /** Constructed style sheets pass a strict style-src. Browsers before 2023 get a <style>, which pages without one allow. */
  function addStyles() {
    try {
      const [main, viewport] = [new CSSStyleSheet(), new CSSStyleSheet()];
      main.replaceSync(STYLE);
      root.adoptedStyleSheets = [main, viewport];
      return viewport;
    } catch {
      root.append(el('style', null, STYLE));
      return null;
    }
  }

  const label = el('span', { class: 'label' }, script.dataset.label || T.label);
  const badge = el('span', { class: 'badge', part: 'badge', hidden: true });
  const news = el('span', { class: 'sr', role: 'status' }); // tells screen readers about replies to a closed panel
  const launcher = button({ id: 'launcher', part: 'launcher', 'aria-haspopup': 'dialog', click: () => open() }, mark(), label, badge);
  const unlabel = button({ id: 'unlabel', 'aria-label': T.closeLabel, click() { hideLabel(); launcher.focus(); } }, drawing(20, ICON.close));
  const dock = el('div', { id: 'dock', lang: LANG }, launcher, unlabel, news);

  const state = el('p', { id: 'state' });
  const head = el('header', null, mark(), el('div', null, el('h2', null, T.name), state),
    button({ id: 'fresh', 'aria-label': T.fresh, title: T.fresh, click: askFresh }, drawing(21, ICON.fresh)),
    button({ id: 'close', 'aria-label': T.close, title: T.close, click: close }, drawing(20, ICON.close)));

  const typingText = el('span');
  const typing = el('div', { class: 'typing', 'aria-hidden': 'true', hidden: true }, el('i'), el('i'), el('i'), typingText);
  const end = el('div', { class: 'end' });
  const log = el('div', { id: 'log', part: 'log', role: 'log', 'aria-label': T.log, tabindex: 0 }, typing, end);
  const newer = button({ id: 'newer', hidden: true, click() { scrollToFirstLine(newerMessage); log.focus(); } }, T.newer, drawing(16, ICON.down));
  const body = el('div', { id: 'body' }, log, newer);

  const status = el('div', { id: 'status', part: 'status', role: 'status' });
  const field = el('textarea', {
    id: 'field', part: 'field', rows: 1, 'aria-label': T.field, placeholder: T.placeholder, 'aria-describedby': 'count', enterkeyhint: 'send',
    autocomplete: 'off', input: onInput, keydown: onFieldKey,
  });
  const grow = el('div', { class: 'grow' }, field);
  const sendButton = button({ id: 'send', part: 'send', 'aria-label': T.send, click: sendField }, drawing(20, ICON.send));
  const count = el('div', { id: 'count', hidden: true });
  const foot = el('footer', null, status, el('div', { class: 'write' }, grow, sendButton), count);

  const panel = el('div', {
    id: 'panel', part: 'panel', role: 'dialog', 'aria-label': T.name, tabindex: -1, lang: LANG, hidden: true, keydown: onPanelKey,
  }, head, body, foot);

  const bubbles = new Map(); // client_id -> the element of a message that the log does not show yet, in order
  const firstPending = () => bubbles.values().next().value;
  let lastShownMs = 0;
  let activeChoices = null;

  const view = {
    /** An empty log, for another conversation. History stays silent; what a new conversation says is announced. */
    clear(isNew = false) {
      bubbles.clear();
      log.replaceChildren(el('p', { class: 'note loading', lang: LANG }, T.loading), typing, end);
      log.setAttribute('aria-live', isNew ? 'polite' : 'off');
      lastShownMs = 0;
      activeChoices = newerMessage = null;
      newer.hidden = true;
      this.showOutbox();
      this.paint();
    },

    /** Starting failed: a reason and the hotline instead of an endless "opening". */
    startFailed(reason) {
      log.querySelector('.loading')?.replaceChildren(...(reason ? [reason] : [`${T.startFailed} `, hotline(), '.']));
    },

    /** The history is complete. */
    ready() {
      if (!loaded) return;
      log.querySelector('.loading')?.remove();
      log.prepend(el('p', { class: 'note rule', lang: LANG }, noteOnStart ? `${noteOnStart} ` : '', T.rule));
      noteOnStart = null;
      this.showOutbox();
      jumpToNews();
      // Two frames later what was put in counts as old, and what comes now is announced.
      requestAnimationFrame(() => requestAnimationFrame(() => log.setAttribute('aria-live', 'polite')));
    },

    /** Shows one event of the log, after all earlier ones and before what is still in the outbox. */
    show(event) {
      const mine = event.kind === 'citizen_message' || event.kind === 'citizen_choice';
      const waiting = mine && bubbles.get(event.client_id);
      if (mine) bubbles.delete(event.client_id);
      const place = firstPending() ?? typing;
      const node = waiting || drawEvent(event, place.previousElementSibling);
      if (!node) return;
      if (mine) {
        // The text of the log replaces what was typed: numbers that must not be kept are masked there.
        node.querySelector('.text').textContent = event.text ?? event.label ?? '';
        node.querySelector('.fate')?.remove();
        node.classList.remove('pending', 'failed');
        pick(event.choice);
      }
      node.dataset.seq = event.seq;

      const live = caughtUp && isOpen;
      const atEnd = live && isAtEnd();
      // A confirmed bubble stays where it is unless an unconfirmed one stands before it: moving it would announce it again.
      if (!waiting || place.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING) log.insertBefore(node, place);
      if (event.at_ms - lastShownMs > 30 * 60_000) {
        node.before(el('time', { datetime: new Date(event.at_ms).toISOString(), lang: LANG }, timeOf(event.at_ms)));
      }
      lastShownMs = event.at_ms || lastShownMs;
      refreshChoices();
      if (live && !mine) arrived(node, atEnd);
      else if (live && atEnd) scrollToFirstLine(end);
    },

    /** Brings the bubbles of the outbox up to date: new ones at the end, each with its fate. */
    showOutbox() {
      if (!loaded) return;
      const items = outbox.all();
      for (const [id, node] of bubbles) { // Edited or dropped, here or in another tab. The others wait for the log.
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
        // Only a refusal is worth hearing; "sending" is for the eye.
        node.append(el('div', { class: 'fate', lang: LANG, 'aria-hidden': item.failed ? null : 'true' }, fate, item.failed && fateButtons(item)));
        if (item.failed && isOpen) scrollToFirstLine(end);
      }
      refreshChoices();
    },

    /** Everything that is not a message: header, typing, status line, badge. */
    paint() {
      const lost = isLost();
      const said = lost ? T.lost : slowToConnect ? `${T.bot} · ${T.connecting}` : operator ? T.handling(operator) : T.bot;
      state.className = lost ? 'lost' : link;
      if (state.dataset.said !== said) {
        state.dataset.said = said;
        state.textContent = said;
      }

      const overdue = replyDue() && Date.now() - askedAt >= REPLY_SLOW_MS;
      const byOperator = operatorTypingUntil > Date.now();
      const show = byOperator || (replyDue() && !overdue && !lost);
      typingText.textContent = byOperator ? `${operator ?? T.operator} ${T.typing}` : T.typing;
      if (show && typing.hidden && isOpen && isAtEnd()) {
        typing.hidden = false;
        scrollToFirstLine(end);
      }
      typing.hidden = !show;

      const line = lost && session ? T.offline : notice?.text ?? (overdue ? T.slow : '');
      if (status.dataset.line !== line) { // Written only when it changes, because it is announced.
        status.dataset.line = line;
        status.replaceChildren(...(line === T.slow ? [`${line} `, hotline(), '.'] : line ? [line] : []));
      }
      view.showOutbox();

      const n = unread.length;
      badge.hidden = !n;
      badge.textContent = n > 99 ? '99+' : n;
      launcher.setAttribute('aria-label', `${label.textContent}, ${n ? T.unread(n) : T.open}`);
      const word = n && !isOpen ? T.unread(n) : '';
      if (news.textContent !== word) news.textContent = word;
    },
  };

  const isLost = () => link === 'lost' || !navigator.onLine;

  function drawEvent(event, previous) {
    const note = (text) => el('p', { class: 'note', lang: LANG }, text);
    switch (event.kind) {
      case 'citizen_message': case 'citizen_choice': return citizenMessage('');
      case 'bot_message': return botMessage(event);
      case 'operator_message': return operatorMessage(event, previous);
      case 'operator_joined': return note(T.joined(event.operator ?? ''));
      case 'handoff_requested': return note(T.requested);
      case 'handoff_resolved': return note(T.resolved);
      default: return null;
    }
  }

  /** The choices of the newest message can be tapped until the citizen has said something; all older ones are used up. */
  function refreshChoices() {
    let active = null;
    for (let node = typing.previousElementSibling; node && !active && !node.matches('.me'); node = node.previousElementSibling) {
      active = operator ? null : node.querySelector('.choices');
    }
    if (active === activeChoices) return;
    for (const row of [activeChoices, active]) {
      row?.classList.toggle('used', row !== active);
      row?.querySelectorAll('button').forEach((choice) => { choice.disabled = row !== active; });
    }
    activeChoices = active;
  }

  /** Marks the choice that was taken, so that the older rows tell how the conversation went. */
  function pick(id) {
    if (id) [...(activeChoices?.children ?? [])].find((choice) => choice.dataset.choice === id)?.classList.add('picked');
  }

  /** What can be done about a refused message: edit what is too long or not understood, send again what may pass now. */
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
      item.code !== 413 && button({ click: again }, T.retry),
      item.text ? button({ click: edit }, T.edit) : button({ click: undo }, T.drop));
  }

  // ------------------------------------------------------------------------------------------------------------ scrolling

  let newerMessage = null; // the first message that came while the reader was further up
  let burst = { first: null, until: 0 };
  let scrolledAt = 0;
  let wasAtEnd = true;

  // A smooth scroll of our own that is still on its way counts as having arrived.
  const isAtEnd = () => log.scrollHeight - log.clientHeight - log.scrollTop < 60 || Date.now() - scrolledAt < 600;

  /** Scrolls so that the message is read from its first line: its top at the top, or the end of the log if that shows it whole. */
  function scrollToFirstLine(node, behavior = calm.matches ? 'auto' : 'smooth') {
    const last = log.scrollHeight - log.clientHeight;
    const top = Math.max(0, node && node !== end ? Math.min(node.offsetTop - 12, last) : last);
    scrolledAt = Date.now();
    log.scrollTo({ top, behavior });
    return top;
  }

  /** A reply came. Whoever reads further up is not torn away from there, but told. */
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

  /** Opening: at the first unread message, else at the last one. */
  function jumpToNews() {
    const messages = [...log.querySelectorAll('.msg')];
    const fresh = unreadFrom && messages.find((node) => Number(node.dataset.seq) >= unreadFrom);
    const last = messages[messages.length - 1];
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
  // The keyboard comes up or the field grows: who was at the end stays there.
  if (window.ResizeObserver) new ResizeObserver(() => { if (wasAtEnd && isOpen) scrollToFirstLine(end, 'auto'); }).observe(log);

  // ---------------------------------------------------------------------------------------------------------- the citizen

  let opener = null; // an element of the host page that opened the panel and gets the focus back
  let lastAsk = { text: '', at: 0 };
  let pageLock = null; // the style sheet that keeps the page from scrolling behind a full screen panel

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
      const other = stored.get('conversation');
      if (other?.id && other.token) adopt(other);
      else { loaded = true; view.clear(true); connectingSince(); start(); }
    } else if (!loaded) {
      adopt(session);
      connectingSince();
    } else {
      if (!following) follow();
      jumpToNews();
    }
    markSeen();
    view.paint();
  }

  function close() {
    if (!isOpen) return;
    closeConfirm();
    isOpen = false;
    panel.hidden = true;
    dock.hidden = false;
    fitViewport();
    view.paint();
    if (opener?.isConnected) opener.focus();
    if (!opener || document.activeElement !== opener) launcher.focus();
  }

  // On a touch screen a focused field brings the keyboard up over the greeting and its choices, so there the focus goes to the dialog.
  function focusHome() {
    (touch.matches ? panel : field).focus({ preventScroll: true });
  }

  function hideLabel() {
    label.hidden = unlabel.hidden = true;
    if (stored.get('label') !== 'closed') stored.set('label', 'closed');
  }

  function choose(id, text) {
    if (submit({ choice: id, label: text })) focusHome();
  }

  /** A question from the host page. Two clicks on the same card ask once. */
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
    const text = field.value.normalize('NFC').trim();
    const length = [...text].length;
    grow.dataset.value = field.value;
    sendButton.classList.toggle('ready', length > 0 && length <= TEXT_MAX);
    count.hidden = length < COUNTER_FROM;
    count.textContent = `${plural(length)} / ${plural(TEXT_MAX)} ${T.characters}`;
    count.classList.toggle('over', length > TEXT_MAX);
    if (length > TEXT_MAX) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
    try { sessionStorage.setItem(keyOf('draft'), field.value); } catch { /* Then a reload loses the draft. */ }
  }

  function onFieldKey(event) {
    // While an input method composes (Vietnamese keyboards do), Enter belongs to it. Safari ends the composition first and
    // tells it only by key code 229.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    sendField();
  }

  function onPanelKey(event) {
    if (event.key === 'Escape' && !event.isComposing) {
      if (!closeConfirm()) close();
    } else if (event.key === 'Tab' && phone.matches) {
      // The panel covers the page: the focus must not wander behind it.
      const stops = [...panel.querySelectorAll('button:enabled, a[href], textarea, [tabindex="0"]')].filter((node) => node.getClientRects().length && !node.closest('[inert]'));
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (root.activeElement !== edge && !(event.shiftKey && root.activeElement === panel)) return;
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
    }
  }

  // Seen from the page, keys come from <hotro-widget> and not from a text field: its shortcuts would fire while someone types.
  for (const type of ['keydown', 'keypress', 'keyup']) panel.addEventListener(type, (event) => event.stopPropagation());

  function askFresh() {
    if (root.getElementById('confirm')) return;
    const keep = button({ click: closeConfirm }, T.confirmNo);
    panel.append(el('div', { id: 'confirm', role: 'alertdialog', 'aria-modal': 'true', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-more' },
      el('div', null,
        el('h3', { id: 'confirm-title' }, T.confirm), el('p', { id: 'confirm-more' }, T.confirmMore),
        el('div', { class: 'row' }, keep, button({ class: 'yes', click: startFresh }, T.confirmYes)))));
    for (const part of [head, body, foot]) part.inert = true;
    keep.focus();
  }

  function closeConfirm() {
    const sheet = root.getElementById('confirm');
    if (!sheet) return false;
    sheet.remove();
    for (const part of [head, body, foot]) part.inert = false;
    root.getElementById('fresh').focus();
    return true;
  }

  // The old conversation goes at once, even without a network: the next person at this computer must not read it.
  function startFresh() {
    closeConfirm();
    stored.set('outbox', null);
    notice = null;
    if (session) forget(session, false);
    else { view.clear(true); start(); }
    focusHome();
  }

  /** Phones: the panel takes the part of the screen that the keyboard leaves. Larger screens: the card moves up above the keyboard. */
  function fitViewport() {
    const full = isOpen && phone.matches;
    if (full) panel.setAttribute('aria-modal', 'true');
    else panel.removeAttribute('aria-modal');
    const seen = window.visualViewport;
    if (!viewportSheet || !seen) return;
    const below = innerHeight - seen.height - seen.offsetTop;
    const fits = !isOpen || seen.scale > 1.02; // Zoomed by two fingers: then the reader moves over the panel.
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

  // ------------------------------------------------------------------------------------------- the page, the tab, the network

  document.addEventListener('click', (event) => {
    const hook = event.target.closest?.('[data-hotro-ask], [data-hotro-open]');
    if (!hook) return;
    event.preventDefault();
    open(hook);
    if (hook.dataset.hotroAsk) ask(hook.dataset.hotroAsk);
  });
  // Capturing on the window hears the event wherever the page dispatches it, bubbling or not.
  window.addEventListener('hotro:ask', (event) => {
    open();
    ask(event.detail?.question);
  }, true);

  window.addEventListener('storage', (event) => {
    if (event.key === keyOf('conversation')) {
      const other = stored.get('conversation');
      if (!other) {
        if (!session) return;
        session = null; // The other tab starts the next one; only if it does not, this one will.
        stopFollowing();
        view.clear();
        setTimeout(() => { if (isOpen) start(); }, 2_000);
      } else if (other.id !== session?.id) adopt(other);
      else if (other.seq > (session.seq || 0)) {
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
    wakeAll();
    if (session) follow(); // Another network: the old connection is dead, whether it knows it or not.
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
  // Open connections would keep the page out of the back/forward cache.
  window.addEventListener('pagehide', stopFollowing);
  window.addEventListener('pageshow', (event) => { if (event.persisted && session) { follow(); pump(); } });
  window.visualViewport?.addEventListener('resize', fitViewport);
  window.visualViewport?.addEventListener('scroll', fitViewport);
  phone.addEventListener?.('change', fitViewport);

  function mount() {
    if (document.querySelector('hotro-widget')) return; // The page includes the script twice.
    root.append(dock, panel);
    label.hidden = unlabel.hidden = stored.get('label') === 'closed';
    try { field.value = sessionStorage.getItem(keyOf('draft')) ?? ''; } catch { /* No draft then. */ }
    onInput();
    document.body.append(host);
    const known = stored.get('conversation');
    if (known?.id && known.token) adopt(known);
    else if (outbox.next()) start();
    view.paint();
  }
  if (document.body) mount();
  else document.addEventListener('DOMContentLoaded', mount);
})();
