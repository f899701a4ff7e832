// Lists of what belongs to an account, each line with a button that takes it away.

import * as account from '../shared/account.js';
import { Problem } from '../shared/api.js';
import { answered } from '../shared/dialog.js';
import { byId, element } from '../shared/dom.js';
import { told } from './faults.js';

export class Rows {
  #part;
  #list;
  #path;
  #describe;
  #none;
  #loads = 0;

  // describe(item): {title, tag?, facts, verb, question, warning}. none: what stands there when there is nothing.
  constructor(id, path, { describe, none }) {
    this.#part = byId(id);
    this.#list = this.#part.querySelector('.rows');
    this.#path = path;
    this.#describe = describe;
    this.#none = none;
  }

  async load() {
    const mine = ++this.#loads;
    try {
      const { items } = await account.call('GET', this.#path);
      if (mine === this.#loads) this.#draw(items);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (mine === this.#loads && problem.status !== 401) this.#failed(problem);
    }
  }

  // What is still asked for is somebody else's from now on.
  clear() {
    this.#loads += 1;
    this.#list.replaceChildren();
  }

  #draw(items) {
    const none = element('li', [this.#none], { class: 'none' });
    this.#list.replaceChildren(...(items.length ? items.map((item) => this.#row(item)) : [none]));
  }

  #failed(problem) {
    const again = element('button', ['Try again'], { type: 'button', class: 'quiet' });
    again.addEventListener('click', () => this.load());
    this.#list.replaceChildren(element('li', [element('p', [told(problem)], { class: 'error' }), again]));
  }

  #row(item) {
    const { title, tag, facts, verb, ...asked } = this.#describe(item);
    const fault = element('p', [], { class: 'error', role: 'alert' });
    const marks = tag ? [element('span', [tag], { class: 'tag', 'data-good': 'true' })] : [];
    const text = element('div', [
      element('p', [element('strong', [title]), ...marks]),
      element('small', [facts.filter(Boolean).join(' · ')]),
      fault,
    ]);
    const button = element('button', [verb], { type: 'button', class: 'quiet', 'aria-label': `${verb}: ${title}` });
    button.addEventListener('click', () => this.#remove(item, asked, button, fault));
    return element('li', [text, button]);
  }

  async #remove({ id }, { question, warning, end }, button, fault) {
    if (!(await confirmed(question, warning, button.textContent))) return;
    button.disabled = true;
    try {
      await (end ?? (() => account.call('DELETE', `${this.#path}/${id}`)))();
      await this.load();
      this.#part.querySelector('h2').focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fault.textContent = told(problem);
      button.disabled = false;
    }
  }
}

// Resolves to true when one really wants it.
export function confirmed(question, warning, yes) {
  byId('confirm-title').textContent = question;
  byId('confirm-text').textContent = warning;
  byId('confirm-yes').textContent = yes;
  return answered(byId('confirm'));
}
