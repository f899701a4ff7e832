// A new password.

import * as account from '../shared/account.js';
import { byId } from '../shared/dom.js';
import { filled, onSubmit } from './form.js';

const form = byId('password-form');

// `changed`: other devices have been signed out.
export function begin(changed) {
  onSubmit(form, async ({ current, new: word }) => {
    await account.call('PUT', 'auth/me/password', { body: filled({ current, new: word }) });
    form.reset();
    changed();
    return 'Changed. Every other device is signed out.';
  });
}

// Password managers want to know whose it is.
export function show(user) {
  form.elements.username.value = user.username ?? user.email ?? '';
}
