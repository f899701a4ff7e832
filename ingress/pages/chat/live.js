// Keeps a conversation true to the server's: the history over HTTP, what happens over the socket, and no gap between.

import * as account from '../shared/account.js';
import { socketAddress } from '../shared/api.js';
import * as remote from '../shared/conversations.js';
import { Socket } from '../shared/socket.js';

const LOOK_EVERY = 4000; // while the socket is down
const RETRY_AFTER = 2; // seconds
const REVIVE_EVERY = 60_000; // so that a socket that is always refused is no loop
const SETTLED_WITHIN = 2000;

export class Live {
  connection = 'connecting'; // connecting · open · away · idle
  #at;
  #conversation;
  #told;
  #socket;
  #timer;
  #held = null; // events that wait for the history they follow
  #loads = 0;
  #loaded = false;
  #earlier = null;
  #revived = 0;
  #stopped = false;
  #settle;
  #settled = new Promise((settle) => (this.#settle = settle));

  // told: connection(state), over(problem), continued(id) by another conversation.
  constructor(at, conversation, told) {
    this.#at = at;
    this.#conversation = conversation;
    this.#told = told;
    this.#socket = this.#newSocket();
  }

  #newSocket() {
    const token = async () => this.#at.token ?? account.token();
    return new Socket(socketAddress(), token, `conversation:${this.#at.id}`, {
      ready: (recovered) => this.#subscribed(recovered),
      event: (event) => (this.#held ? this.#held.push(event) : this.#heard(event)),
      away: () => this.#connected('away'),
      refused: () => this.#refused(),
    });
  }

  start() {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY);
    this.#socket.open();
    this.#load();
  }

  stop() {
    this.#stopped = true;
    this.#settle();
    clearInterval(this.#timer);
    this.#loads += 1;
    this.#socket.close();
  }

  get ready() {
    return this.#socket.ready;
  }

  // Waits until the socket is open or known to be of no use, but not for long. The pieces of an answer are kept nowhere:
  // a message that goes earlier may be half answered before anyone listens.
  settled() {
    return Promise.race([this.#settled, new Promise((over) => setTimeout(over, SETTLED_WITHIN))]);
  }

  rpc(method, data) {
    return this.#socket.rpc(method, { conversation_id: this.#at.id, ...data });
  }

  nudge() {
    this.#socket.nudge();
  }

  #connected(state) {
    this.connection = state;
    this.#settle();
    this.#told.connection(state);
  }

  #subscribed(recovered) {
    if (recovered && this.#loaded && !this.#held) {
      this.#loads += 1; // a history asked for before is older than what comes now
    } else {
      this.#held = recovered ? (this.#held ?? []) : [];
      this.#load();
    }
    this.#connected('open');
  }

  // Reads the history. A later call supersedes an earlier one.
  async #load() {
    const mine = ++this.#loads;
    try {
      const asked = [remote.conversation(this.#at), this.#before(), remote.messages(this.#at)];
      const [conversation, before, messages] = await Promise.all(asked);
      if (mine === this.#loads) this.#take(conversation, [...before, ...messages]);
    } catch (problem) {
      if (mine === this.#loads) this.#failed(problem, mine);
    }
  }

  // What was said in the conversations that this one continues: they are closed, so it is read once.
  async #before() {
    this.#earlier ??= await remote.earlier(this.#at);
    return this.#earlier;
  }

  #take(conversation, messages) {
    this.#conversation.load(conversation, messages);
    this.#loaded = true;
    const held = this.#held ?? [];
    this.#held = null;
    for (const event of held) this.#heard(event);
    this.#goOn(conversation);
  }

  #heard(event) {
    this.#conversation.apply(event);
    if (event.type === 'conversation.state') this.#goOn(event.conversation);
  }

  #goOn({ continued_by: id }) {
    if (id && !this.#stopped) this.#told.continued(id);
  }

  #failed(problem, mine) {
    if (problem.status === 401 || problem.status === 404) return this.#told.over(problem);
    const again = () => mine === this.#loads && this.#load();
    setTimeout(again, (problem.retryAfter ?? RETRY_AFTER) * 1000);
  }

  // Without a socket we look from time to time.
  #look() {
    if (this.connection === 'away' && document.visibilityState === 'visible') this.#load();
  }

  // The socket wants us no more: HTTP tells why, and serves as long as it can.
  #refused() {
    this.#connected('away');
    this.#load();
    if (this.#at.user) this.#revive();
  }

  // A user's token may be void because their rights have changed: then a new one opens a new socket.
  async #revive() {
    if (Date.now() - this.#revived < REVIVE_EVERY) return;
    this.#revived = Date.now();
    await account.renewed().catch(() => {}); // signed out: the page hears of it
    if (this.#stopped) return;
    this.#socket = this.#newSocket();
    this.#socket.open();
  }
}
