// Where one writes: grows with the text, sends with Enter, says early that a text is too long.

import { byId } from '../shared/dom.js';
import { draft, keepDraft } from '../shared/chat_storage.js';

const MOST = 16_000; // characters, as the server counts them
const WARN = 15_000;

export class Composer {
  #form = byId('composer');
  #text = byId('text');
  #send = byId('send');
  #count = byId('count');

  #who;

  // who(): the id of the user whose draft this is.
  constructor({ write, typing, who }) {
    this.#who = who;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit(write);
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit(write);
    });
    this.#text.addEventListener('input', () => {
      keepDraft(this.#text.value, who());
      this.#fit();
      if (this.#text.value) typing();
    });
    window.addEventListener('resize', () => this.#fit());
    this.#text.value = draft(who());
    this.#fit();
  }

  show(visible) {
    if (this.#form.hidden === !visible) return;
    this.#form.hidden = !visible;
    this.#fit();
  }

  clear() {
    this.set('');
  }

  set(text) {
    this.#text.value = text;
    keepDraft(text, this.#who());
    this.#fit();
  }

  focus() {
    this.#text.focus();
  }

  #submit(write) {
    const text = this.#text.value;
    if (!text.trim() || this.#over(text) > 0) return;
    this.clear();
    write(text);
    this.focus();
  }

  #fit() {
    const { value, style } = this.#text;
    style.height = 'auto';
    style.height = `${this.#text.scrollHeight}px`;
    const over = this.#over(value);
    this.#send.disabled = !value.trim() || over > 0;
    this.#count.textContent = told(over);
    this.#text.setAttribute('aria-invalid', String(over > 0));
  }

  // How many characters too many; below 0 while there is room.
  #over(text) {
    return (text.length < WARN ? text.length : [...text].length) - MOST;
  }
}

function told(over) {
  const characters = `${Math.abs(over).toLocaleString()} character${Math.abs(over) === 1 ? '' : 's'}`;
  if (over > 0) return `${characters} too many: at most ${MOST.toLocaleString()} can be sent.`;
  return over > WARN - MOST ? `${characters} left` : '';
}
