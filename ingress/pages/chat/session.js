// One conversation's life in this page: it is opened or remembered, followed, written to and left.

import { Problem } from '../shared/api.js';
import { Conversation } from './conversation.js';
import { Live } from './live.js';
import { Outbox } from './outbox.js';
import * as remote from '../shared/conversations.js';
import * as storage from '../shared/chat_storage.js';

const TYPING_EVERY = 3000;
const EARLIER_MAX = 9; // conversations that are shown before the one that continues them
const LEFT = 'The conversation was left.';

// What is told of a try to open a conversation: what it said, by which key, with which secret.
const newOpening = () => ({ body: null, key: null, secret: null });

export class Session {
  at = null; // {id, token} of a visitor, {id, user} of a user, and `earlier`: see remote.js
  over = null; // expired · gone
  missing = []; // fields the server wants to know before it opens a conversation
  choices = []; // open conversations of the user's, when there may be no more
  begun = []; // the same, while there may be more and nothing is open here
  conversation;
  #changed;
  #live = null;
  #outbox;
  #waiting = null; // a message for the contact form
  #opening = newOpening(); // of the conversation that will be begun here
  #typedAt = 0;
  #marked = null;

  constructor(changed) {
    this.#changed = changed;
    this.conversation = new Conversation(changed);
    this.#outbox = new Outbox((item) => this.#deliver(item), {
      way: (key, way) => this.conversation.onItsWay(key, way),
      sent: (key, id) => this.conversation.acknowledged(key, id),
      refused: (problem) => this.#end(problem),
    });
  }

  get connection() {
    return this.#live?.connection ?? 'idle';
  }

  // Goes on with what this browser remembers: a conversation, and messages that were on their way.
  resume(at) {
    if (at) this.#follow(at);
    const adopted = at ? storage.unsent(null).map((item) => ({ ...item, conversation: at.id })) : [];
    for (const item of [...storage.unsent(...(at?.earlier ?? []), at?.id ?? null), ...adopted]) {
      this.conversation.begin(item.key, item.content, item.at);
      this.#outbox.again(item);
    }
  }

  // Opens a conversation and remembers it. Throws a Problem, whose fields name what the server wants to know first.
  async open(contact = {}) {
    const opening = this.#opening;
    const at = await remote.open(contact, this.#callOf(opening, contact));
    this.#stillHere(opening);
    this.#opening = newOpening();
    this.goOnWith(at);
  }

  // The key and secret of this try. They stay as long as the same is said, so that an answer that was lost opens no
  // second conversation; with another body the key would be refused.
  #callOf(opening, contact) {
    const body = JSON.stringify(contact);
    if (opening.body !== body) Object.assign(opening, { body, key: storage.newKey(), secret: storage.newKey() });
    return { key: opening.key, secret: opening.secret };
  }

  // Throws when the conversation that was to be begun has been left.
  #stillHere(opening) {
    if (opening !== this.#opening) throw new Problem(0, LEFT);
  }

  // Follows a conversation from now on, and remembers it. A message that waits for one goes there.
  goOnWith(at) {
    storage.remember(at);
    Object.assign(this, { missing: [], choices: [], begun: [] });
    this.#follow(at);
    this.#waiting?.opened();
  }

  // Looks for what the user has begun, on another device or before. That it cannot be seen now is no trouble.
  async lookBack() {
    const opening = this.#opening;
    const begun = await remote.openOnes().catch(() => []);
    if (opening !== this.#opening) return;
    this.begun = begun;
    this.#changed({});
  }

  // Closes one of the choices; a message that waits gets a conversation of its own, as soon as there may be one more.
  async shut({ id, user }) {
    await remote.close({ id, user });
    const others = (list) => list.filter((one) => one.id !== id);
    const asked = this.choices.length > 0;
    Object.assign(this, { choices: others(this.choices), begun: others(this.begun) });
    this.#changed({});
    if (!asked) return;
    if (this.at) this.#goOnHere();
    else await this.open().catch((problem) => problem.status !== 409 && this.#waiting.left(problem));
  }

  #goOnHere() {
    this.choices = [];
    this.#waiting.opened();
    this.#changed({});
  }

  // The message that waits is not sent.
  keepBack() {
    this.choices = [];
    this.#waiting.left(new Problem(409, 'It was kept back.'));
    this.#changed({});
  }

  // What was written here and is not known to have arrived.
  get unsent() {
    return this.conversation.entries.filter((one) => one.own && !one.id).map(({ content }) => content);
  }

  // Leaves the conversation; the page is as new.
  leave() {
    this.#live?.stop();
    this.#live = null;
    this.#outbox.clear();
    this.#waiting?.left(new Problem(0, LEFT));
    this.#opening = newOpening(); // what is being opened is not followed any more
    Object.assign(this, { at: null, over: null, missing: [], choices: [], begun: [] });
    this.conversation = new Conversation(this.#changed);
    this.#marked = null;
    this.#changed({});
  }

  #follow(at) {
    this.#live?.stop();
    this.at = at;
    this.#live = new Live(at, this.conversation, {
      connection: (state) => this.#connected(state),
      over: (problem) => this.#end(problem),
      continued: (id) => this.#goOnIn(id),
    });
    this.#live.start();
    this.#changed({});
  }

  // It was closed long ago, and what is written to it goes to another one: that is shown beneath it from now on.
  #goOnIn(id) {
    const { at } = this;
    const earlier = [...(at.earlier ?? []), at.id].slice(-EARLIER_MAX);
    const next = { ...at, id, earlier };
    storage.remember(next);
    this.#follow(next);
  }

  #connected(state) {
    if (state === 'open') this.#outbox.hurry();
    this.#changed({});
  }

  #end(problem) {
    this.over = problem.status === 401 ? 'expired' : 'gone';
    this.#live?.stop();
    this.#changed({});
  }

  write(content) {
    const item = this.#outbox.add(this.at?.id ?? null, content);
    this.conversation.begin(item.key, content, item.at);
  }

  retry(item) {
    this.#outbox.again(item);
  }

  discard(key) {
    storage.forgetUnsent(key);
    this.conversation.discard(key);
  }

  async #deliver(item) {
    if (!this.at) await this.#openFor(item);
    if (!item.conversation) this.#goesHere(item); // it was written while the conversation was being opened
    try {
      return await this.#send(item);
    } catch (problem) {
      if (problem.status !== 409) throw problem;
      await this.#makeRoomFor(item, problem);
    }
    return this.#deliver(item);
  }

  async #send(item) {
    const { key, content, conversation: id } = item;
    const at = { ...this.at, id }; // it goes there even when the conversation is left, or goes on in another one
    const live = this.#live;
    await live.settled();
    if (live.ready) {
      try {
        const data = { conversation_id: id, content, client_message_id: key };
        return (await live.rpc('message.send', data)).message_id;
      } catch (problem) {
        if (!problem.temporary && problem.status !== 401) throw problem;
      }
    }
    // A refusal on the socket names no time to wait and a lost socket says nothing: HTTP tells, by the same key.
    return (await remote.send(at, content, key)).message_id;
  }

  // It would open a conversation more than the user may have: one of the others is closed first, or it goes there.
  async #makeRoomFor(item, problem) {
    await this.#answersTo(problem, this.#opening);
    this.#goesHere(item);
  }

  async #openFor(item) {
    const opening = this.#opening;
    try {
      await this.open();
    } catch (problem) {
      this.#stillHere(opening);
      await this.#answersTo(problem, opening);
    }
  }

  #goesHere(item) {
    item.conversation = this.at.id;
    storage.keepUnsent(item);
  }

  // The server wants to know more than the page has asked for, or the user has to choose: the message waits for that.
  async #answersTo(problem, opening) {
    const choices = problem.status === 409 ? await remote.openOnes() : [];
    this.#stillHere(opening);
    Object.assign(this, { missing: problem.fields.map(({ field }) => field), choices });
    if (!this.missing.length && !this.choices.length) throw problem;
    this.#changed({});
    await new Promise((opened, left) => (this.#waiting = { opened, left }));
  }

  askPerson() {
    return this.#move(remote.handOff);
  }

  close() {
    return this.#move(remote.close);
  }

  async #move(ask) {
    const shown = this.conversation;
    const conversation = await ask(this.at);
    shown.apply({ type: 'conversation.state', conversation });
  }

  // Persons like to see that one is typing; the agent does not.
  typing() {
    if (this.conversation.state === 'agent' || Date.now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = Date.now();
    this.#live?.rpc('typing', {}).catch(() => {});
  }

  // Marks everything as read. When that fails, the next message does it.
  async markRead() {
    const { at } = this;
    const { unread } = this.conversation;
    if (!unread || unread.id === this.#marked) return;
    this.#marked = unread.id;
    const id = unread.conversation_id ?? at.id;
    try {
      await this.#live.rpc('message.read', { conversation_id: id, up_to: unread.id });
    } catch {
      await remote.markRead({ ...at, id }, unread.id).catch(() => (this.#marked = null));
    }
  }

  nudge() {
    this.#live?.nudge();
    this.#outbox.hurry();
  }
}
