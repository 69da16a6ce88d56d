// The keys.

import { html, useStore } from '../ui.js';
import { FIELD_KEYS, KEYS, setShortcuts, shortcuts } from '../keys.js';
import { Dialog, Key, Switch } from '../parts/basic.js';

const list = (keys) => html`<dl class="keys">${keys.map(([key, what]) => html`<div><dt>${key.split(' + ').map((part, at) => html`${at > 0 && ' + '}<${Key}>${part}<//>`)}</dt><dd>${what}</dd></div>`)}</dl>`;

export function Help({ onClose }) {
  const on = useStore(shortcuts);
  return html`<${Dialog} title="Phím tắt" wide onClose=${onClose}><div class="body">
    <div class="keys-columns">${list(KEYS)}<div><h3>Trong ô soạn</h3>${list(FIELD_KEYS)}
      <h3>Tắt phím một chữ</h3><p class="soft">Nên tắt khi bạn điều khiển máy bằng giọng nói.</p><${Switch} on=${on} label=${on ? 'Đang bật phím tắt' : 'Đang tắt phím tắt'} onChange=${setShortcuts} /></div></div>
  </div><//>`;
}
