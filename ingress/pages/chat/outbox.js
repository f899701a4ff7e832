// Own messages on their way: one after the other, each with a key of its own, so that sending again changes nothing.

import { forgetUnsent, keepUnsent, newKey } from '../shared/chat_storage.js';

const GIVE_UP_AFTER = 30_000; // without an answer from the server
const LONGEST_WAIT = 90; // seconds a server may ask us to wait
const PAUSES = [1, 2, 4, 8];
const OFFLINE = 'You are offline. It will be sent when you are back.';

export class Outbox {
  #deliver;
  #told;
  #queue = [];
  #busy = false;
  #troubleSince = null;
  #failures = 0;
  #hurry = null;

  // deliver(item) gives the message's id or throws a Problem. told: way(key, way), sent(key, id), refused(problem).
  constructor(deliver, told) {
    this.#deliver = deliver;
    this.#told = told;
  }

  add(conversation, content) {
    const item = { key: newKey(), conversation, content, at: Date.now() };
    this.again(item);
    return item;
  }

  // Sends a kept or failed item (again).
  again(item) {
    keepUnsent(item);
    this.#queue.push(item);
    this.#told.way(item.key, { state: 'sending' });
    this.#troubleSince = null;
    this.#run();
  }

  // The network seems to be back: a pause that waits for it ends now.
  hurry() {
    this.#hurry?.();
  }

  clear() {
    this.#queue = [];
    this.hurry();
  }

  async #run() {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#queue.length) await this.#attempt(this.#queue[0]);
    this.#busy = false;
  }

  async #attempt(item) {
    try {
      const id = await this.#deliver(item);
      this.#troubleSince = null;
      this.#failures = 0;
      this.#take(item);
      forgetUnsent(item.key);
      this.#told.sent(item.key, id);
    } catch (problem) {
      if (!this.#queue.includes(item)) return; // another conversation has begun
      await this.#failed(item, problem);
    }
  }

  async #failed(item, problem) {
    const wait = this.#pause(problem);
    if (wait === null) {
      this.#take(item);
      this.#told.way(item.key, { state: 'failed', why: reason(problem), item });
      if (problem.status === 401 || problem.status === 404) this.#told.refused(problem);
      return;
    }
    const named = problem.retryAfter !== null;
    this.#told.way(item.key, { state: 'waiting', until: Date.now() + wait * 1000, named, why: reason(problem) });
    await this.#sleep(wait, !named);
  }

  #take(item) {
    this.#queue = this.#queue.filter((one) => one !== item);
  }

  // Seconds until the next try, or null when there shall be none by itself.
  #pause(problem) {
    if (!problem.temporary) return null;
    if (problem.status === 429) return (problem.retryAfter ?? 5) <= LONGEST_WAIT ? (problem.retryAfter ?? 5) : null;
    if (!this.#troubleSince || !navigator.onLine) this.#troubleSince = Date.now(); // being offline is nobody's fault
    if (Date.now() - this.#troubleSince > GIVE_UP_AFTER) return null;
    return problem.retryAfter ?? PAUSES[Math.min(this.#failures++, PAUSES.length - 1)];
  }

  #sleep(seconds, mayHurry) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#hurry = () => {
        if (!mayHurry && this.#queue.length) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function reason(problem) {
  if (problem.unreachable) return navigator.onLine ? 'The server cannot be reached.' : OFFLINE;
  if (problem.status === 429) return 'Many messages at once.';
  if (problem.temporary) return 'The server is busy.';
  return problem.detail;
}
