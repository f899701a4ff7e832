// The list of messages: draws what has changed, keeps the end in sight for those who are there, tells screen readers.

import { byId, element } from '../shared/dom.js';
import { draw, kindOf } from './message.js';

const NEAR = 60; // pixels from the end that still count as the end

export class List {
  #list = byId('messages');
  #scroller = byId('scroller');
  #toEnd = byId('to-end');
  #actions;
  #nodes = new Map(); // entry's key → {li, drawn}
  #atEnd = true;
  #onEnd;

  constructor(actions, onEnd) {
    this.#actions = actions;
    this.#onEnd = onEnd;
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#toEnd.addEventListener('click', () => this.end());
    const resized = new ResizeObserver(() => this.#atEnd && this.#jump());
    for (const watched of [this.#list, this.#scroller, byId('answering')]) resized.observe(watched);
  }

  get atEnd() {
    return this.#atEnd;
  }

  draw(entries) {
    const shown = entries.filter((entry) => !entry.partial || entry.partial.text);
    const keys = new Set(shown.map((entry) => entry.key));
    for (const [key, { li }] of this.#nodes) if (!keys.has(key)) this.#remove(key, li);
    shown.forEach((entry, index) => this.#place(entry, index, shown));
    if (this.#atEnd) this.#jump();
  }

  #remove(key, li) {
    li.remove();
    this.#nodes.delete(key);
  }

  #place(entry, index, shown) {
    const node = this.#nodes.get(entry.key) ?? this.#made(entry.key);
    const before = shown[index - 1];
    const place = { before, asked: askedFurtherUp(entry, index, shown), last: index === shown.length - 1 };
    const looks = [entry.version, before?.key, before?.version, place.last, Boolean(entry.partial), place.asked?.key];
    if (entry.way?.named) looks.push(Date.now()); // counts down
    if (node.looks !== looks.join()) {
      node.looks = looks.join();
      draw(node.li, entry, place, this.#actions);
    }
    if (this.#list.children[index] !== node.li) this.#list.insertBefore(node.li, this.#list.children[index] ?? null);
  }

  #made(key) {
    const node = { li: element('li'), looks: '' };
    this.#nodes.set(key, node);
    return node;
  }

  // A whole message has come from the other side.
  arrived(entry) {
    const said = kindOf(entry) === 'system' ? 'Notice' : (entry.message.author.name ?? 'A person');
    const text = this.#nodes.get(entry.key)?.li.querySelector('.text')?.innerText ?? entry.content;
    byId('announcer').append(element('p', [`${said}: ${text}`]));
    while (byId('announcer').children.length > 3) byId('announcer').firstChild.remove();
    if (!this.#atEnd) this.#toEnd.hidden = false;
  }

  end() {
    this.#atEnd = true;
    this.#jump();
  }

  #jump() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (!this.#atEnd) return;
    this.#toEnd.hidden = true;
    this.#onEnd();
  }
}

// The question, when it is not the message right above its answer.
function askedFurtherUp(entry, index, shown) {
  const id = entry.message?.in_reply_to;
  if (!id || shown[index - 1]?.id === id) return null;
  return shown.find((one) => one.id === id) ?? null;
}
