// The ways in. Whoever has begun something in the chat takes it along.

import * as account from '../shared/account.js';
import { call } from '../shared/api.js';
import * as remote from '../shared/conversations.js';
import * as storage from '../shared/chat_storage.js';
import { deviceName } from './device.js';
import * as passkey from './passkey.js';

export const signIn = (said) => enter('auth/login', said);

export const register = (said) => enter('auth/register', said);

// A new account without a password.
export async function registerPasskey({ email, full_name: name }) {
  const options = await call('POST', 'auth/passkeys/register/begin', { body: { email } });
  const made = { credential: await passkey.create(options), name: deviceName(navigator.userAgent) };
  await enter('auth/passkeys/register/complete', made, name);
}

export const passkeyOptions = () => call('POST', 'auth/passkeys/login/begin', { body: {} });

// more: see passkey.get.
export async function signInPasskey(options, more = {}) {
  await enter('auth/passkeys/login/complete', { credential: await passkey.get(options, more) });
}

async function enter(path, said, name = '') {
  const begun = await visitors();
  if (begun) await sendRest(begun);
  const answer = await call('POST', path, { token: begun?.token, body: said });
  const at = begun && (await taken(begun, answer));
  const user = name ? await called(name, answer) : answer.user;
  account.signedIn({ ...answer, user });
  if (begun) storage.remember(at);
}

// The visitor's conversation, if its token is still good: a bad one would be refused like a wrong password.
async function visitors() {
  const at = storage.remembered();
  if (!at?.token) return null;
  try {
    await remote.conversation(at);
    return at;
  } catch (problem) {
    if (problem.status !== 401 && problem.status !== 404) throw problem;
    storage.remember(null);
    return null;
  }
}

// What is on its way goes as the visitor's, under the keys it may have arrived by already: as the user's it would be new.
async function sendRest(at) {
  for (const { key, content, conversation: id } of storage.unsent(...(at.earlier ?? []), at.id)) {
    try {
      await remote.send({ ...at, id }, content, key);
      storage.forgetUnsent(key);
    } catch {
      return; // the chat sends it, or says why it cannot
    }
  }
}

// As the user's. One that has been closed meanwhile stays behind.
async function taken({ id }, { access_token: token, user }) {
  try {
    await call('GET', `conversations/${id}`, { token });
  } catch (problem) {
    if (problem.status === 404) return null;
  }
  return { id, user: user.id };
}

// Signed in they are in any case; a name can be given later.
const called = (name, { access_token: token, user }) =>
  call('PATCH', 'auth/me', { token, body: { full_name: name } }).catch(() => user);
