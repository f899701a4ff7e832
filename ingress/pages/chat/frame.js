// What stands around the messages: connection, state of the conversation, menu, keyboard of a phone, title of the tab.

import { answered } from '../shared/dialog.js';
import { byId } from '../shared/dom.js';

const CONNECTION_AFTER = 1500; // ms: shorter interruptions are nobody's concern

export class Connection {
  #shown = byId('connection');
  #timer = null;
  #state = 'idle';

  show(state) {
    if (state === this.#state) return;
    const [was, wanting] = [this.#state, state === 'away' || state === 'connecting'];
    this.#state = state;
    if (wanting && (was === 'away' || was === 'connecting')) return;
    clearTimeout(this.#timer);
    if (wanting) this.#timer = setTimeout(() => this.#say(), CONNECTION_AFTER);
    else this.#say();
  }

  #say() {
    const trouble = navigator.onLine ? 'Reconnecting…' : 'Offline';
    const wanting = this.#state === 'away' || this.#state === 'connecting';
    this.#shown.dataset.state = wanting ? 'away' : this.#state;
    this.#shown.textContent = wanting ? trouble : '';
  }
}

const STATES = {
  waiting: (_, minutes) =>
    `You asked for a person. If no one comes within about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, the assistant will answer again.`,
  human: (operator) => `You are writing with ${operator?.full_name ?? operator?.name ?? 'a person'}.`,
  closed: () => 'This conversation was closed. Write to open it again.',
};

// `minutes`: how long a conversation waits for a person (HANDOFF_TIMEOUT). `notice`: what else there is to tell.
export function showState({ state, operator }, minutes, notice) {
  const line = byId('state');
  const text = STATES[state]?.(operator, minutes) ?? notice;
  line.hidden = !text;
  document.body.dataset.state = state;
  line.dataset.state = state;
  if (line.textContent !== text) line.textContent = text;
}

const ENDS = {
  expired: 'This conversation can no longer be opened from here: its key has expired.',
  gone: 'This conversation is no longer there.',
};

export function showOver(why) {
  byId('over').hidden = !why;
  byId('over-text').textContent = ENDS[why] ?? '';
}

export function showAnswering(author) {
  byId('answering').hidden = !author;
  const name = author?.name || 'A person';
  byId('answering-text').textContent = author ? `${name} is ${author.kind === 'agent' ? 'answering' : 'typing'}` : '';
}

export class Menu {
  #menu = byId('menu');
  #ask = byId('ask-person');
  #over = byId('start-over');
  #close = byId('close');

  constructor({ askPerson, startOver, close }) {
    this.#ask.addEventListener('click', () => this.#chosen(askPerson));
    this.#over.addEventListener('click', () => this.#chosen(startOver));
    this.#close.addEventListener('click', () => this.#chosen(close));
    byId('over-button').addEventListener('click', startOver);
  }

  show({ canAsk, canLeave, canClose }) {
    this.#ask.disabled = !canAsk;
    this.#over.disabled = !canLeave;
    this.#close.disabled = !canClose;
  }

  #chosen(action) {
    this.#menu.hidePopover();
    action();
  }
}

// Resolves to true when one really wants to leave the conversation. returns: it can be found again.
export function confirmed({ returns }) {
  byId('confirm-text').textContent = returns
    ? 'You find this one again while it is open.'
    : 'This one will no longer be shown in this browser.';
  return answered(byId('confirm'));
}

// iOS lays its keyboard over the page instead of making the page smaller.
export function makeRoomForKeyboard() {
  const seen = window.visualViewport;
  const fit = () => {
    const covered = window.innerHeight - seen.height > 80 && seen.scale === 1;
    document.documentElement.style.setProperty('--height', covered ? `${seen.height}px` : '100dvh');
    if (covered) window.scrollTo(0, 0);
  };
  seen?.addEventListener('resize', fit);
}
