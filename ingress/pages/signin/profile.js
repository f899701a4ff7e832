// Name, username and a few words.

import * as account from '../shared/account.js';
import { Problem } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { fill, onSubmit } from './form.js';

const form = byId('profile-form');

export function begin() {
  onSubmit(form, async (said) => {
    const now = account.user(); // an older name may be one that could not be set today: it is not set again
    const fields = Object.entries(said).map(([name, value]) => [name, value || null]);
    const body = Object.fromEntries(fields.filter(([name, value]) => value !== (now[name] ?? null)));
    account.changed(await account.call('PATCH', 'auth/me', { body }).catch(taken));
    return 'Saved.';
  });
}

// The API does not say which of its unique fields it was; here there is one.
function taken(problem) {
  if (problem.status !== 409) throw problem;
  throw new Problem(409, problem.detail, { fields: [{ field: 'username', reason: 'is taken, or looks like one that is' }] });
}

export function show(user) {
  for (const name of ['full_name', 'username', 'bio']) fill(form.elements[name], user[name]);
}
