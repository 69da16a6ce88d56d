// Where the console begins: who is signed in decides what is shown.

import { html, render, useEffect, useState, useStore } from './ui.js';
import { refresh, session } from './session.js';
import { route } from './route.js';
import { closeDesk, openDesk } from './desk.js';
import { forgetLogs } from './log.js';
import { openOutbox } from './outbox.js';
import { Trouble, Waiting } from './parts/basic.js';
import { SignIn } from './views/sign-in.js';
import { Invitation } from './views/invitation.js';
import { FactorNeeded } from './views/account.js';
import { Shell } from './views/shell.js';

function Console() {
  const { me } = useStore(session);
  const { view } = useStore(route);
  const [reason, setReason] = useState(null);
  const ask = async () => {
    const answer = await refresh();
    setReason(answer.ok || answer.status === 401 ? null : answer.reason);
  };
  useEffect(() => { if (view !== 'invitation') ask(); }, []);

  const id = me && !me.second_factor_required ? me.operator_id : null;
  useEffect(() => {
    if (!id) return undefined;
    openDesk();
    openOutbox();
    return () => { closeDesk(); forgetLogs(); };
  }, [id]);

  if (view === 'invitation') return html`<${Invitation} />`;
  if (reason) return html`<main class="gate"><${Trouble} reason=${reason} onAgain=${ask} /></main>`;
  if (me === undefined) return html`<main class="gate"><${Waiting}>Đang mở bàn tổng đài…<//></main>`;
  if (!me) return html`<${SignIn} />`;
  if (me.second_factor_required) return html`<${FactorNeeded} />`;
  return html`<${Shell} />`;
}

render(html`<${Console} />`, document.getElementById('console'));
