// Who is signed in, in all tabs of this browser: keeps the tokens, renews them in time, and asks the API with them.

import { Problem, call as plainCall } from './api.js';
import { lasting } from './json_storage.js';
import * as storage from './chat_storage.js';

const ACCOUNT = 'switchboard.account'; // {access, refresh, expires, user}
const EARLY = 60_000; // ms before an access token expires at which it is renewed
const listeners = new Set();
let renewing = null;
let leaving = false; // the server has yet to be told

const kept = () => lasting.get(ACCOUNT);

// The user as the API shows it, or null.
export const user = () => kept()?.user ?? null;

// Null stands for an address that somebody else has proved to be theirs.
export const nameOf = ({ full_name: name, username, email }) => name || username || (email === null ? 'You' : email);

export const initialOf = (name) => ([...name][0] ?? '').toUpperCase();

let here = user()?.id ?? null; // whose page this is

// Calls back when somebody signs in or out or is renamed, in this tab or another one: changed(user, {refused}), where
// `refused` says that the server has ended the session.
export function onChange(changed) {
  listeners.add(changed);
}

function tell(why = {}) {
  const was = here;
  here = user()?.id ?? null;
  for (const changed of listeners) changed(user(), why);
  if (was && was !== here && !leaving) afresh();
}

// For a page that was set aside, and has not been told.
export function look() {
  if ((user()?.id ?? null) !== here) tell();
}

// Loads the page anew, as soon as the server can be reached: nothing that was under way for one person, no answer, no
// dialog and no form, comes to the next one.
export async function afresh() {
  try {
    await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
    location.reload();
  } catch {
    setTimeout(afresh, 2000);
  }
}

// Keeps what a way of signing in has answered.
export function signedIn({ user: who, ...tokens }) {
  if (user() && user().id !== who.id) storage.forgetUser();
  keep(tokens, who);
  tell();
}

// The user's own data are other ones now. What comes after signing out is too late.
export function changed(who) {
  if (user()?.id !== who.id) return;
  lasting.set(ACCOUNT, { ...kept(), user: who });
  tell();
}

function keep({ access_token: access, refresh_token: refresh, expires_in: seconds }, who) {
  lasting.set(ACCOUNT, { access, refresh, expires: Date.now() + seconds * 1000, user: who });
}

// Forgets the user and all that is theirs in this browser.
function forget(why) {
  lasting.remove(ACCOUNT);
  leave(why);
}

function leave(why) {
  storage.forgetUser();
  tell(why);
}

// A good access token. Throws a Problem: 401 when nobody is signed in (any more), which is then told to all.
export async function token() {
  const now = kept();
  if (now && now.expires - EARLY > Date.now()) return now.access;
  return renew(now?.access);
}

// A newer access token than `old`; whoever asks meanwhile, in whichever tab, gets the same.
function renew(old) {
  renewing ??= alone(() => exchanged(old)).finally(() => (renewing = null));
  return renewing;
}

// The same when a token is refused that looked good.
export const renewed = () => renew(kept()?.access);

// On plain HTTP there are no locks, and what another tab has stored is seen a little later: should two tabs renew the
// same token, the server gives both the same successor.
function alone(work) {
  return navigator.locks ? navigator.locks.request(ACCOUNT, work) : work();
}

async function exchanged(old) {
  const now = kept();
  if (!now) throw new Problem(401, 'You are not signed in.');
  if (now.access !== old) return now.access;
  try {
    const tokens = await plainCall('POST', 'auth/refresh', { body: { refresh_token: now.refresh } });
    if (kept()?.user.id !== now.user.id) throw new Problem(401, 'You have signed out.');
    if (kept().refresh === now.refresh) keep(tokens, kept().user);
    return kept().access;
  } catch (problem) {
    if (problem.status === 401 && kept()?.refresh === now.refresh) forget({ refused: true });
    throw problem;
  }
}

// Asks the API as the user. Throws a Problem.
export async function call(method, path, options = {}) {
  const first = await token();
  try {
    return await plainCall(method, path, { ...options, token: first });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    return plainCall(method, path, { ...options, token: await renew(first) });
  }
}

// Signs out here, at once and even when the server cannot be told: nobody else has these tokens.
export async function signOut() {
  const now = kept();
  leaving = true;
  forget();
  if (now) await ended(now).catch(() => {});
  leaving = false;
  afresh();
}

async function ended({ access, refresh }) {
  try {
    await plainCall('POST', 'auth/logout', { token: access });
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    const { access_token: token } = await plainCall('POST', 'auth/refresh', { body: { refresh_token: refresh } });
    await plainCall('POST', 'auth/logout', { token });
  }
}

// Throws a Problem when the server could not be told: then the others are still signed in.
export async function signOutEverywhere() {
  await call('POST', 'auth/logout-all');
  forget();
}

window.addEventListener('storage', (event) => {
  if (event.key !== ACCOUNT && event.key !== null) return;
  if (kept()) tell();
  else leave();
});
