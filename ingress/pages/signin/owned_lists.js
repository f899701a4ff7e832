// What an account has several of: devices, passkeys, API keys.

import * as account from '../shared/account.js';
import { byId } from '../shared/dom.js';
import * as times from '../shared/times.js';
import { deviceName } from './device.js';
import { attempt, onSubmit } from './form.js';
import * as newkey from './new_key.js';
import * as passkey from './passkey.js';
import { Rows, confirmed } from './rows.js';

const SCOPES = { 'conversations:read': 'reads conversations', 'conversations:write': 'writes and opens conversations' };
const day = (time) => times.date(Date.parse(time));
const moment = (time) => `${day(time)}, ${times.time(Date.parse(time))}`;
const may = (scope) => SCOPES[scope] ?? scope;
const used = (time) => (time ? `last used ${times.ago(Date.parse(time))}` : 'never used');

export const devices = new Rows('devices', 'auth/sessions', {
  describe: (one) => ({
    title: deviceName(one.device),
    tag: one.current && 'This device',
    facts: [one.address, `seen ${times.ago(Date.parse(one.last_seen_at))}`, `since ${moment(one.created_at)}`],
    verb: 'Sign out',
    question: one.current ? 'Sign out here?' : `Sign out ${deviceName(one.device)}?`,
    warning: one.current ? 'You can sign in again at any time.' : 'It is signed out at once, wherever it is.',
    end: one.current ? account.signOut : null,
  }),
  none: 'You are signed in nowhere.',
});

export const passkeys = new Rows('passkeys', 'auth/passkeys', {
  describe: (one) => ({
    title: one.name || 'Passkey',
    facts: [`since ${day(one.created_at)}`, used(one.last_used_at), one.backed_up ? 'kept in your passkey manager' : ''],
    verb: 'Remove',
    question: 'Remove this passkey?',
    warning: `“${one.name || 'Passkey'}” no longer signs you in. Delete it on your device, too.`,
  }),
  none: 'You have no passkeys yet.',
});

export const keys = new Rows('keys', 'auth/keys', {
  describe: (one) => ({
    title: one.name,
    facts: [one.scopes.map(may).join(', '), `since ${day(one.created_at)}`, used(one.last_used_at)],
    verb: 'Delete',
    question: `Delete the key “${one.name}”?`,
    warning: 'Programs that use it are refused from now on.',
    end: () => newkey.remove(one.id),
  }),
  none: 'You have no API keys.',
});

export function begin() {
  byId('passkey-form').hidden = !passkey.available();
  byId('no-passkeys').hidden = passkey.available();
  onSubmit(byId('passkey-form'), addPasskey);
  byId('everywhere').addEventListener('click', async () => {
    const warning = 'Every device is signed out at once, this one too.';
    if (!(await confirmed('Sign out everywhere?', warning, 'Sign out everywhere'))) return;
    attempt(byId('everywhere').parentElement, () => account.signOutEverywhere());
  });
}

async function addPasskey({ name }) {
  const options = await account.call('POST', 'auth/passkeys/register/begin', { body: {} });
  const credential = await passkey.create(options);
  const body = { credential, name: name || deviceName(navigator.userAgent) };
  await account.call('POST', 'auth/passkeys/register/complete', { body });
  byId('passkey-form').reset();
  await passkeys.load();
  return 'Added.';
}
