// Photos and files for an operator. The widget loads this when a citizen waits for one or talks to one.

const BYTES_MAX = 10 * 1024 * 1024; // the server takes no more
const SLOW_MS = 120_000;

const TEXTS = {
  vi: {
    attach: 'Gửi ảnh hoặc tệp PDF cho tổng đài viên',
    sending: 'Đang gửi…',
    sent: 'Đã gửi cho tổng đài viên.',
    tooLarge: 'Tệp này lớn quá (tối đa 10 MB). Bạn chụp lại nhỏ hơn, hoặc gửi từng trang nhé.',
    failed: 'Chưa gửi được, bạn thử lại giúp mình nhé.',
  },
  en: {
    attach: 'Send a photo or a PDF file to the operator',
    sending: 'Sending…',
    sent: 'Sent to the operator.',
    tooLarge: 'This file is too large (at most 10 MB).',
    failed: 'It was not sent. Please try again.',
  },
};

/** Puts a button before `field`, and gives it. `send(file, client_id)` resolves to the server's answer, with status 0 when none came. */
export function attachButton({ el, button, drawing, uuid, lang, field, send, tell }) {
  const T = TEXTS[lang];
  const picker = el('input', { type: 'file', hidden: true, accept: 'image/jpeg,image/png,image/webp,application/pdf', multiple: true, tabindex: -1, 'aria-hidden': 'true' });
  const clip = button('', { id: 'attach', 'aria-label': T.attach, title: T.attach, click: () => picker.click() },
    drawing(20, 'M16.5 9l-7 7a4 4 0 0 1-5.7-5.7l7.6-7.5a2.7 2.7 0 0 1 3.8 3.8l-7 7'));
  picker.addEventListener('change', async () => {
    const files = [...picker.files];
    picker.value = '';
    clip.disabled = true;
    for (const file of files) {
      if (file.size > BYTES_MAX) { tell(T.tooLarge, 8_000); continue; }
      tell(T.sending, SLOW_MS);
      const answer = await send(file, uuid());
      tell(answer.ok ? T.sent : answer.body?.error?.message ?? T.failed, answer.ok ? 3_000 : 10_000);
      if (!answer.ok) break;
    }
    clip.disabled = false;
  });
  field.before(picker, clip);
  return clip;
}
