// The address of the page. Views are addresses, so that a reload, a bookmark and the back button do what people expect.

import { createStore } from './ui.js';

/** {view, id}: /console is the desk, /console/c/ID a conversation on it, /console/VIEW another page. */
function parse(path) {
  const [, , view = '', id = ''] = path.split('/');
  if (view === '' || view === 'c') return { view: 'desk', id: view === 'c' && id ? decodeURIComponent(id) : null };
  return { view, id: null };
}

export const route = createStore(parse(location.pathname));

export function go(path, { replace = false } = {}) {
  if (path !== location.pathname) history[replace ? 'replaceState' : 'pushState'](null, '', path);
  route.set(parse(path));
}
window.addEventListener('popstate', () => route.set(parse(location.pathname)));
window.addEventListener('console:go', (event) => go(event.detail));

// Links inside the console change the view without loading the page again.
document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.('a[href^="/console"]');
  if (!link || link.target || link.hasAttribute('download')) return;
  event.preventDefault();
  go(link.getAttribute('href'));
});
