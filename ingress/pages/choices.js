// The open conversations of a user, to go on with: offered while nothing is open here, and asked for when a message
// waits and there may be no more.

import { byId, element } from './dom.js';
import * as times from './times.js';

const ASKED = [
  'You have several conversations open',
  'No more can be opened. Choose one, and your message goes there.',
];
const OFFERED = ['Go on where you were', 'Or write below to begin a new conversation.'];

export class Choices {
  #choose;
  #shown = [];

  constructor(choose) {
    this.#choose = choose;
  }

  // asked: open conversations one of which has to be chosen, offered: such that may be.
  show(asked, offered) {
    const conversations = asked.length ? asked : offered;
    byId('choices').hidden = !conversations.length;
    if (conversations === this.#shown) return;
    this.#shown = conversations;
    const [title, why] = asked.length ? ASKED : OFFERED;
    byId('choices-title').textContent = title;
    byId('choices-why').textContent = why;
    byId('choices-list').replaceChildren(...conversations.map((one) => this.#line(one)));
    if (asked.length) byId('choices-list').querySelector('button').focus();
  }

  #line(one) {
    const at = Date.parse(one.updated_at);
    const name = element('span', [one.subject || one.first || 'Conversation'], { class: 'name' });
    const when = element('small', [`${times.day(at)}, ${times.time(at)}`]);
    const button = element('button', [name, when], { type: 'button' });
    button.addEventListener('click', () => this.#choose(one));
    return element('li', [button]);
  }
}
