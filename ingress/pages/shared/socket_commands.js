// Commands of the Centrifugo protocol that await their reply, by number.

import { Problem } from './api.js';

const PATIENCE = 8_000; // ms: longer than the server itself waits for Redis
const INTERNAL = 100;
const TOKEN_EXPIRED = 109;

export class Commands {
  #number = 0;
  #waiting = new Map();

  // Writes one command. `taken` gets the result before anything that follows the reply in the same frame is read.
  send(write, method, params, taken = () => {}) {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id).reject(new Problem(0, 'The server did not reply.')), PATIENCE);
      this.#waiting.set(id, { resolve, reject, taken, timer, method });
      write({ id, [method]: params });
    });
  }

  reply(said) {
    const waiting = this.#settle(said.id);
    if (!waiting) return;
    if (said.error) return waiting.reject(problemOf(said.error));
    waiting.taken(said[waiting.method]);
    waiting.resolve(said[waiting.method]);
  }

  failAll() {
    for (const id of [...this.#waiting.keys()]) this.#settle(id).reject(new Problem(0, 'The connection was lost.'));
  }

  #settle(id) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

// Errors of our own methods carry an HTTP status; the protocol's codes stand below it.
function problemOf({ code, message, temporary }) {
  if (code >= 400) return new Problem(code, message);
  if (code === TOKEN_EXPIRED) return new Problem(401, message);
  return new Problem(temporary || code === INTERNAL ? 503 : 403, message);
}
