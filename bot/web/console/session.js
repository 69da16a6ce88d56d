// Who is signed in.

import { get, post, put, remove, request, onSignedOut } from './api.js';
import { createStore } from './ui.js';

/** `undefined` until it is known, `null` for nobody. `lost` says that it ended by itself, so that the page can explain. */
export const session = createStore({ me: undefined, lost: false });

export const me = () => session.get().me;
export const isSupervisor = () => me()?.role === 'supervisor' && !me().second_factor_required;

onSignedOut(() => {
  if (me()) session.set({ me: null, lost: true });
});

/** Asks the server who is signed in here. The refusal otherwise. */
export async function refresh() {
  const answer = await get('/session');
  if (answer.ok) session.set({ me: answer.body, lost: false });
  else if (answer.status === 401) session.change((was) => ({ me: null, lost: was.lost }));
  return answer;
}

/** `credentials`: {name, password, totp?, recovery?} */
export async function signIn(credentials) {
  const answer = await post('/session', credentials);
  return answer.ok ? refresh() : answer;
}

async function out(answer) {
  if (answer.ok || answer.status === 401) session.set({ me: null, lost: false });
  return answer;
}
export async function signOut() {
  // Leaving the desk first gives the conversations back at once instead of after the lease.
  await remove('/presence');
  return out(await remove('/session'));
}
export const signOutEverywhere = async () => out(await post('/session/everywhere'));

export { get, post, put, remove, request };
