// E-mail address and phone number: a code is sent there, and who repeats it has the address.

import * as account from '../shared/account.js';
import { byId } from '../shared/dom.js';
import { fill, onSubmit, say } from './form.js';

export class Address {
  #place;
  #ask;
  #repeat;
  #path;
  #facts;

  // facts(user): {value, verified}; body(address): what the API is sent.
  constructor(kind, { facts, body }) {
    this.#place = byId(kind);
    this.#ask = this.#place.querySelector('.ask');
    this.#repeat = this.#place.querySelector('.repeat');
    this.#path = `auth/me/${kind}`;
    this.#facts = facts;
    onSubmit(this.#ask, ({ address }) => this.#send(address, body(address)));
    onSubmit(this.#repeat, ({ code }) => this.#verify(code));
  }

  show(user) {
    const { value, verified } = this.#facts(user);
    const tag = this.#place.querySelector('.tag');
    this.#place.querySelector('.value').textContent = value ?? '';
    tag.textContent = verified ? 'Verified' : 'Not verified';
    tag.dataset.good = String(verified);
    this.#place.querySelector('.standing').hidden = !value;
    fill(this.#ask.elements.address, value);
  }

  async #send(address, body) {
    account.changed(await account.call('PUT', this.#path, { body }));
    this.#repeat.hidden = false;
    this.#repeat.reset();
    this.#repeat.elements.code.focus();
    return `A code is on its way to ${address}.`;
  }

  async #verify(code) {
    account.changed(await account.call('POST', `${this.#path}/verify`, { body: { code } }));
    this.#repeat.hidden = true;
    say(this.#ask, { done: 'Verified.' });
    this.#ask.elements.address.focus();
  }
}
