// Signed out: the forms to sign in and to make an account.

import { byId } from '../shared/dom.js';
import * as entering from './sign_in.js';
import { attempt, filled, onSubmit, say, valid } from './form.js';
import * as passkey from './passkey.js';
import { told } from './faults.js';

const signIn = byId('sign-in');
const register = byId('register');
const ASK_EVERY = 240_000; // ms: what the server asks for is good for five minutes
let asking = null;
let filling = null; // stops the passkeys that the browser offers while a name is written

export function begin() {
  onSubmit(signIn, entering.signIn);
  onSubmit(register, (said) => entering.register(filled(said)));
  byId('passkey-in').addEventListener('click', () => attempt(byId('passkey-in').parentElement, usePasskey));
  byId('passkey-up').addEventListener('click', withoutPassword);
  window.addEventListener('hashchange', () => show({ moved: true }));
  for (const part of document.querySelectorAll('#entry .passkey')) part.hidden = !passkey.available();
}

export function show({ moved = false } = {}) {
  const joining = location.hash === '#register';
  byId('sign-in-view').hidden = joining;
  byId('register-view').hidden = !joining;
  document.title = `${joining ? 'Create an account' : 'Sign in'} · Switchboard`;
  if (joining) stopFilling();
  else offerPasskeys();
  // A phone's keyboard shall not come before it is wanted.
  if (moved || matchMedia('(hover: hover)').matches) (joining ? register : signIn).elements[0].focus();
}

// Nothing that was written stays in the forms of somebody who has gone in.
export function leave() {
  stopFilling();
  history.replaceState(null, '', location.pathname + location.search);
  signIn.reset();
  register.reset();
}

async function usePasskey() {
  stopFilling();
  await entering.signInPasskey(await entering.passkeyOptions());
}

function withoutPassword() {
  if (!valid(register, ['email', 'full_name'])) return;
  const { email, full_name: name } = register.elements;
  attempt(register, () => entering.registerPasskey({ email: email.value.trim(), full_name: name.value.trim() }));
}

// Browsers that can show passkeys in the list below the name's field. That there are none to show is no trouble.
async function offerPasskeys() {
  stopFilling();
  const mine = (filling = new AbortController());
  const offered = passkey.available() && (await passkey.fillsIn());
  const options = offered && (await entering.passkeyOptions().catch(() => null));
  if (!options || filling !== mine) return;
  asking = setTimeout(offerPasskeys, ASK_EVERY);
  try {
    await entering.signInPasskey(options, { mediation: 'conditional', signal: mine.signal });
  } catch (problem) {
    if (filling === mine && problem.status > 400) say(byId('passkey-in').parentElement, { error: told(problem) });
  }
}

function stopFilling() {
  clearTimeout(asking);
  filling?.abort();
  filling = null;
}
