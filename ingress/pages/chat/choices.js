// The open conversations of a user, to go on with: offered while nothing is open here, and asked for when a message
// waits and there may be no more.

import { byId, element } from '../shared/dom.js';
import * as times from '../shared/times.js';

const MOST = 3; // open conversations that a user may have

const ASKED = ['Where does your message go?', `You have ${MOST} open conversations. Choose one, or close one.`];
const OFFERED = ['Go on where you were', 'Or write below to begin a new conversation.'];
const FULL = ['Go on where you were', `You have ${MOST} open conversations. Close one before you start another.`];

export class Choices {
  #actions;
  #shown = [];

  // actions: choose(conversation), shut(conversation), keepBack() for the message that waits.
  constructor(actions) {
    this.#actions = actions;
    byId('keep-back').addEventListener('click', actions.keepBack);
  }

  // asked: open conversations one of which has to be chosen, offered: such that may be.
  show(asked, offered) {
    const conversations = asked.length ? asked : offered;
    byId('choices').hidden = !conversations.length;
    if (conversations === this.#shown) return;
    this.#shown = conversations;
    const [title, why] = asked.length ? ASKED : offered.length < MOST ? OFFERED : FULL;
    byId('choices-title').textContent = title;
    byId('choices-why').textContent = why;
    byId('keep-back').hidden = !asked.length;
    byId('choices-list').replaceChildren(...conversations.map((one) => this.#line(one)));
    if (asked.length) byId('choices-list').querySelector('button').focus();
  }

  #line(one) {
    const at = Date.parse(one.updated_at);
    const title = one.subject || one.first || 'Conversation';
    const name = element('span', [title], { class: 'name' });
    const when = element('small', [`${times.day(at)}, ${times.time(at)}`]);
    const choose = element('button', [name, when], { type: 'button', class: 'choice' });
    choose.addEventListener('click', () => this.#actions.choose(one));
    const shut = element('button', ['Close'], { type: 'button', class: 'shut', 'aria-label': `Close: ${title}` });
    shut.addEventListener('click', () => this.#actions.shut(one));
    return element('li', [choose, shut]);
  }
}
