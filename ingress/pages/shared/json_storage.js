// Where a browser keeps things, as JSON.

// Browsers may refuse storage; then the page remembers for as long as it is open.
class Shelf {
  #store;
  #here = new Map();

  constructor(name) {
    try {
      this.#store = window[name];
    } catch {
      this.#store = null;
    }
  }

  get(key) {
    try {
      return this.#here.get(key) ?? JSON.parse(this.#store?.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  }

  // In one step: another tab must not see it gone in between.
  set(key, value) {
    if (value === null) return this.remove(key);
    this.#here.delete(key);
    try {
      this.#store.setItem(key, JSON.stringify(value));
    } catch {
      this.#here.set(key, value);
    }
  }

  remove(key) {
    this.#here.delete(key);
    try {
      this.#store.removeItem(key);
    } catch {
      // nothing was stored
    }
  }

  keys() {
    try {
      return [...Object.keys(this.#store), ...this.#here.keys()];
    } catch {
      return [...this.#here.keys()];
    }
  }
}

export const lasting = new Shelf('localStorage');
export const passing = new Shelf('sessionStorage');
