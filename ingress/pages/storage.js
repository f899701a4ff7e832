// What this browser remembers: the conversation with its token, messages that are not yet acknowledged, the draft.

const CONVERSATION = 'switchboard.conversation';
const UNSENT = 'switchboard.unsent.';
const DRAFT = 'switchboard.draft';

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

  set(key, value) {
    this.remove(key);
    if (value === null) return;
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

const lasting = new Shelf('localStorage');
const passing = new Shelf('sessionStorage');

export const remembered = () => lasting.get(CONVERSATION);

export const remember = (conversation) => lasting.set(CONVERSATION, conversation);

export const draft = () => passing.get(DRAFT) ?? '';

export const keepDraft = (text) => passing.set(DRAFT, text || null);

// One key a message, so that two tabs never overwrite each other's.
export const keepUnsent = (item) => lasting.set(UNSENT + item.key, item);

export const forgetUnsent = (key) => lasting.remove(UNSENT + key);

export function unsent(conversationId) {
  const items = lasting.keys().filter((key) => key.startsWith(UNSENT)).map((key) => lasting.get(key));
  return items.filter((item) => item?.conversation === conversationId).sort((a, b) => a.at - b.at);
}

export function forgetAllUnsent() {
  for (const key of lasting.keys()) if (key.startsWith(UNSENT)) lasting.remove(key);
}

// Calls back when another tab opens or leaves a conversation.
export function onOtherTab(changed) {
  window.addEventListener('storage', (event) => {
    if (event.key === CONVERSATION || event.key === null) changed(remembered());
  });
}

// crypto.randomUUID exists on secure origins only, and this page also has to work on http://192.168.…
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
