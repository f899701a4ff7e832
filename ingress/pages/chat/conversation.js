// What the page knows of one conversation. Entries stand in the order in which they were first seen; at first that is
// the server's.

import { awaits, begunAt, fill, isOurs, isOwnKind, ofMessage, ofOwn, ofPartial, update } from './entries.js';
import { ownInHistory, ownOf } from './entries.js';

const PATIENCE = 120_000; // after which nobody is shown as answering any more
const TYPING_LASTS = 6000;

export class Conversation {
  state = 'agent';
  operator = null;
  #id = null; // of the conversation whose state is shown: another one may continue it
  #revision = 0; // of that state: an answer over HTTP may be older than an event that came meanwhile
  entries = [];
  #typing = null; // {author, until}
  #readUpTo = null;
  #changed;

  // changed({arrived?, begun?}): `arrived` is an entry from the other side that has just become whole.
  constructor(changed) {
    this.#changed = changed;
  }

  // The server's whole history. What is shown keeps its place, and what is still on its way stays.
  load(conversation, messages) {
    const known = ownInHistory(messages, this.entries);
    for (const one of this.entries) if (one.id) known.set(one.id, one);
    const there = new Set(messages.map(({ id }) => known.get(id)));
    this.#keep((one) => one.own || there.has(one));
    let above = -1;
    for (const message of messages) {
      const one = known.get(message.id);
      if (one) fill(one, message);
      else this.entries.splice(above + 1, 0, ofMessage(message));
      above = one ? this.entries.indexOf(one) : above + 1;
    }
    this.#readUpTo = messages.findLast((message) => message.read_at)?.id ?? this.#readUpTo;
    this.#move(conversation);
    this.#changed({});
  }

  apply(event) {
    const about = this.entries.find((one) => one.id === (event.message?.id ?? event.message_id));
    const change = this.#heard(event, about);
    if (change) this.#changed(change);
  }

  // What has changed, or null.
  #heard(event, about) {
    switch (event.type) {
      case 'message.created':
      case 'message.updated':
        return this.#arrived(event.message, about);
      case 'message.deleted':
        return this.#keep((one) => one !== about);
      case 'message.delta':
      case 'message.restarted':
        return this.#written(event, about);
      case 'message.read':
        this.#readUpTo = event.up_to;
        return {};
      case 'conversation.state':
        return this.#move(event.conversation);
      case 'typing':
        if (isOwnKind(event.author.kind)) return null;
        this.#typing = { author: event.author, until: Date.now() + TYPING_LASTS };
        return {};
      default:
        return null; // a newer server's word
    }
  }

  #arrived(message, about) {
    const known = about ?? ownOf(message, this.entries);
    const fresh = !known || Boolean(known.partial);
    const one = known ? fill(known, message) : ofMessage(message);
    if (!known) this.entries.push(one);
    if (message.status === 'failed' || isOurs(one)) this.#endPartials();
    if (isOurs(one)) this.#typing = null;
    return { arrived: fresh && isOurs(one) ? one : null };
  }

  #written(event, about) {
    if (about && !about.partial) return null; // the whole reply is here already
    const one = about ?? ofPartial(event.message_id);
    if (!about) this.entries.push(one);
    if (event.type === 'message.delta') one.partial.add(event);
    else one.partial.restart(event.try);
    update(one, {});
    return {};
  }

  // One reply is written at a time: what has not become one by now never will.
  #endPartials() {
    this.#keep((one) => !one.partial);
  }

  #move({ id, state, operator, revision }) {
    if (id === this.#id && revision < this.#revision) return null;
    this.#id = id;
    this.#revision = revision ?? this.#revision;
    if (state !== 'agent') {
      this.#endPartials();
      for (const one of this.entries) one.released = one.released || awaits(one); // nobody owes it a reply any more
    }
    this.state = state;
    this.operator = operator;
    return {};
  }

  #keep(wanted) {
    this.entries = this.entries.filter(wanted);
    return {};
  }

  // An own message begins its way; the outbox tells what becomes of it.
  begin(key, content, at) {
    if (this.#own(key)) return;
    this.entries.push(ofOwn(key, content, at));
    this.#changed({ begun: true });
  }

  onItsWay(key, way) {
    const one = this.#own(key);
    if (!one || one.id) return;
    update(one, { way });
    this.#changed({});
  }

  acknowledged(key, id) {
    const one = this.#own(key);
    if (!one || one.id === id) return;
    if (one.message) this.entries.splice(this.entries.indexOf(one), 0, ofMessage(one.message)); // taken for another's
    const holder = this.entries.find((other) => other.id === id);
    update(one, { id, message: holder?.message ?? null, way: null });
    if (holder?.own) update(holder, { id: undefined, message: null, way: { state: 'sending' } });
    else if (holder) this.#replace(holder, one);
    this.#changed({});
  }

  // In its place, since that is where the others see it.
  #replace(holder, one) {
    this.#keep((other) => other !== one);
    this.entries[this.entries.indexOf(holder)] = one;
  }

  discard(key) {
    this.#keep((one) => one.key !== key);
    this.#changed({});
  }

  #own(key) {
    return this.entries.find((one) => one.own && one.key === key);
  }

  // Who is at work on a reply of which nothing is to be seen yet: an author, or null.
  get answering() {
    if (this.#typing?.until > Date.now()) return this.#typing.author;
    if (this.state !== 'agent' || this.entries.some((one) => one.partial?.text)) return null;
    const owed = this.entries.some((one, index) => awaits(one) && !one.released && !this.#answered(one, index));
    return owed ? { kind: 'agent', name: 'Switchboard' } : null;
  }

  #answered(one, index) {
    if (Date.now() - begunAt(one) > PATIENCE) return true;
    const later = this.entries.slice(index + 1).filter(isOurs);
    return later.some(({ message }) => message.author.kind !== 'agent' || message.in_reply_to === one.id);
  }

  // The newest message from the other side, if it has not been marked as read.
  get unread() {
    const newest = this.entries.findLast(isOurs);
    if (!newest || newest.message.read_at) return null;
    const mark = this.entries.findIndex((one) => one.id && one.id === this.#readUpTo);
    return this.entries.indexOf(newest) > mark ? newest.message : null;
  }
}
