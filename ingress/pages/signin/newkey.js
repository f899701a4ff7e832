// A new API key: its secret is shown once, and copied.

import * as account from '../account.js';
import { Problem } from '../api.js';
import { byId } from '../dom.js';
import { onSubmit } from './form.js';

const form = byId('key-form');
const value = byId('secret-value');

// `made`: there is one more key.
export function begin(made) {
  onSubmit(form, async ({ name }) => {
    const scopes = [...form.querySelectorAll('[name=scope]:checked')].map((box) => box.value);
    if (!scopes.length) throw new Problem(422, 'Choose at least one thing that the key may do.');
    const { key } = await account.call('POST', 'auth/keys', { body: { name, scopes } });
    form.reset();
    reveal(key);
    made();
  });
  byId('copy').addEventListener('click', copy);
}

function reveal(key) {
  value.value = key;
  byId('secret').hidden = false;
  byId('secret').querySelector('.done').textContent = '';
  value.focus();
  value.select();
}

// Nobody who comes later shall see it.
export function conceal() {
  value.value = '';
  byId('secret').hidden = true;
}

// Without a secure origin there is no clipboard; then it is selected, to be copied by hand.
async function copy() {
  const said = byId('secret').querySelector('.done');
  value.select();
  try {
    await navigator.clipboard.writeText(value.value);
    said.textContent = 'Copied.';
  } catch {
    said.textContent = 'It is selected: copy it with the keyboard or the menu.';
  }
}
