// Puts the page together: the way in for those who are signed out, the account for those who are in.

import * as account from '../shared/account.js';
import { byId } from '../shared/dom.js';
import { Address } from './addresses.js';
import * as entry from './entry.js';
import { empty } from './form.js';
import * as newkey from './new_key.js';
import { destination } from './destination.js';
import * as owned from './owned_lists.js';
import * as password from './password.js';
import * as profile from './profile.js';
import { measured, peekable } from './secret.js';
import { told } from './faults.js';

const lists = [owned.devices, owned.passkeys, owned.keys];
const addresses = [
  new Address('email', {
    facts: (user) => ({ value: user.email, verified: user.email_verified }),
    body: (email) => ({ email }),
  }),
  new Address('phone', {
    facts: (user) => ({ value: user.phone_number, verified: user.phone_verified }),
    body: (number) => ({ phone_number: number }),
  }),
];
let who; // the id of the user shown; null: nobody, undefined: nothing is shown yet

function show(user) {
  const came = (user?.id ?? null) !== who;
  if (came && who === null && user && destination()) return location.replace(destination());
  if (came) change(user);
  draw(user ?? {}); // of somebody who has left, nothing stays in the page
}

// Somebody else is here now, or nobody.
function change(user) {
  const left = who;
  who = user?.id ?? null;
  byId('entry').hidden = Boolean(user);
  byId('account').hidden = !user;
  newkey.conceal();
  for (const form of document.querySelectorAll('#account form')) empty(form);
  for (const list of lists) list.clear();
  if (left && !user) history.replaceState({ notice: 'You are signed out.' }, '');
  byId('announcer').textContent = user ? '' : (history.state?.notice ?? '');
  if (!user) return entry.show({ moved: Boolean(left) });
  entry.leave();
  document.title = 'Your account · Switchboard';
  if (left === null) byId('hello').focus();
  load();
}

function draw(user) {
  const name = account.nameOf(user) ?? '';
  byId('hello').textContent = name;
  byId('hello-email').textContent = name === user.email ? '' : (user.email ?? '');
  byId('email-lost').hidden = user.email !== null;
  byId('initial').textContent = account.initialOf(name);
  profile.show(user);
  password.show(user);
  for (const address of addresses) address.show(user);
}

// A browser that comes back to this page may put into its forms what somebody else had written there.
function shown({ persisted }) {
  account.look();
  if (persisted) return;
  for (const form of document.querySelectorAll('#account form')) empty(form);
  draw(account.user() ?? {});
}

async function load() {
  byId('trouble').textContent = '';
  for (const list of lists) list.load();
  try {
    account.changed(await account.call('GET', 'auth/me'));
  } catch (problem) {
    if (problem.status !== 401) byId('trouble').textContent = told(problem);
  }
}

entry.begin();
profile.begin();
password.begin(() => owned.devices.load());
owned.begin();
newkey.begin(() => owned.keys.load());
for (const box of document.querySelectorAll('.box:has(.peek)')) peekable(box);
for (const place of document.querySelectorAll('.new-password')) measured(place);
byId('sign-out').addEventListener('click', () => account.signOut());
if (destination()) byId('back').href = destination();
account.onChange(show);
window.addEventListener('pageshow', shown);
show(account.user());
