// When a user has as many open conversations as there may be: the ones to go on with.

import { byId, element } from './dom.js';
import * as times from './times.js';

export class Choices {
  #choose;
  #shown = [];

  constructor(choose) {
    this.#choose = choose;
  }

  show(conversations) {
    byId('choices').hidden = !conversations.length;
    if (conversations === this.#shown) return;
    this.#shown = conversations;
    byId('choices-list').replaceChildren(...conversations.map((one) => this.#offered(one)));
    byId('choices-list').querySelector('button')?.focus();
  }

  #offered(one) {
    const at = Date.parse(one.updated_at);
    const when = `${times.day(at)}, ${times.time(at)}`;
    const button = element('button', [one.subject || 'Conversation', element('small', [when])], { type: 'button' });
    button.addEventListener('click', () => this.#choose(one));
    return element('li', [button]);
  }
}
