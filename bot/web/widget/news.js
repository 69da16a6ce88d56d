// The policy news beside the conversation. The widget loads this with its first opening.

const TEXTS = {
  vi: { news: 'Tin mới', unread: 'Tin mới, có tin chưa đọc', from: 'Sắp áp dụng, từ ', none: 'Chưa tải được tin. Bạn thử lại sau nhé.' },
  en: { news: 'News', unread: 'News, some unread', from: 'Upcoming, from ', none: 'The news could not be loaded. Please try again later.' },
};

const STYLE = `
#news { flex: 1; min-height: 0; overflow-y: auto; padding: 12px; display: flex; flex-direction: column; gap: 8px; }
#news h3 { margin: 0; font-size: 1.0625em; font-weight: 650; }
#news button { flex: none; min-height: 44px; padding: 9px 13px; text-align: left; border: 1px solid var(--choice); border-radius: 12px; background: var(--card); color: inherit; }
#news small { display: block; color: var(--soft); }
`;

/** Marks `opener` while some news are unread, and fills `list` when it is shown. An item is answered in the conversation, like any question. */
export function news({ addStyle, el, button, opener, list, call, choose, stored, date, lang, cover }) {
  const T = TEXTS[lang];
  addStyle(STYLE);

  async function load() {
    const { ok, body: items } = await call('/api/news');
    if (!ok || !Array.isArray(items)) return false;
    const newest = items[0]?.id;
    const isNew = newest && list.hidden && stored.get('news') !== newest;
    opener.classList.toggle('unread', !!isNew);
    opener.setAttribute('aria-label', isNew ? T.unread : T.news);
    if (!list.hidden) stored.set('news', newest);
    list.replaceChildren(el('h3', T.news), ...items.map((item) => button('', { lang: 'vi', click() { show(false); choose(item.choice, item.title); } },
      el('small', `${item.upcoming ? T.from : ''}${date(item.since)}`), item.title)));
    return true;
  }

  async function show(on) {
    list.hidden = !on;
    opener.setAttribute('aria-expanded', on);
    cover(on);
    if (!on) return;
    list.focus();
    if (!(await load()) && !list.children.length) list.append(el('p.note', T.none));
  }

  load();
  return { show };
}
