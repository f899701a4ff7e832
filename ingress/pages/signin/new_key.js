// A new API key: its secret is shown once, and copied.

import * as account from '../shared/account.js';
import { Problem } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { onSubmit } from './form.js';

const form = byId('key-form');
const value = byId('secret-value');
let shown = null; // the id of the key whose secret is shown

// `made`: there is one more key.
export function begin(made) {
  onSubmit(form, async ({ name }) => {
    const scopes = [...form.querySelectorAll('[name=scope]:checked')].map((box) => box.value);
    if (!scopes.length) throw new Problem(422, 'Choose at least one thing that the key may do.');
    const { id, key } = await account.call('POST', 'auth/keys', { body: { name, scopes } });
    form.reset();
    reveal(id, key);
    made();
  });
  byId('copy').addEventListener('click', copy);
  byId('secret-done').addEventListener('click', () => {
    conceal();
    form.elements.name.focus();
  });
}

function reveal(id, key) {
  shown = id;
  value.value = key;
  byId('secret').hidden = false;
  byId('secret').querySelector('.done').textContent = '';
  value.focus();
  value.select();
  value.scrollLeft = 0;
  byId('secret').scrollIntoView({ block: 'nearest' });
}

// Nobody who comes later shall see it.
export function conceal() {
  shown = null;
  value.value = '';
  byId('secret').hidden = true;
}

// A key that is deleted is of no use any more.
export async function remove(id) {
  await account.call('DELETE', `auth/keys/${id}`);
  if (id === shown) conceal();
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
