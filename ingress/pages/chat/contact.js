// The form that asks for what the server wants to know before a conversation (CONTACT_REQUIRED).

import { byId, element } from '../shared/dom.js';

const FIELDS = {
  name: { label: 'Your name', type: 'text', autocomplete: 'name', maxlength: '200' },
  email: { label: 'Your e-mail address', type: 'email', autocomplete: 'email', maxlength: '254' },
  phone: { label: 'Your phone number', type: 'tel', autocomplete: 'tel', maxlength: '32' },
};
const FAULTS = {
  valueMissing: 'Please fill this in.',
  typeMismatch: 'This does not look like an e-mail address.',
};

export class ContactForm {
  #form = byId('contact');
  #error = byId('contact-error');
  #open;
  #shown = '';

  // open(contact) throws a Problem when the server does not take it.
  constructor(open) {
    this.#open = open;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  show(fields) {
    const names = fields.filter((name) => FIELDS[name]);
    this.#form.hidden = !names.length;
    if (names.join() === this.#shown) return;
    this.#shown = names.join();
    byId('contact-fields').replaceChildren(...names.map(field));
    byId('contact-why').textContent = 'So that we know whom we answer, and can reach you if we get cut off.';
    this.#form.elements[0]?.focus();
  }

  async #submit() {
    this.#error.textContent = '';
    const inputs = [...this.#form.querySelectorAll('input')];
    for (const input of inputs) complain(input, faultOf(input));
    const wrong = inputs.find((input) => !input.validity.valid);
    if (wrong) return wrong.focus();
    const said = inputs.map((input) => [input.name, input.value.trim()]);
    const button = this.#form.querySelector('button');
    button.disabled = true;
    try {
      await this.#open(Object.fromEntries(said));
    } catch (problem) {
      this.#refused(problem);
    } finally {
      button.disabled = false;
    }
  }

  #refused(problem) {
    const named = problem.fields.filter(({ field: name }) => this.#form.elements[name]);
    for (const { field: name } of named) complain(this.#form.elements[name], 'Please check this.');
    if (named.length) return this.#form.elements[named[0].field].focus();
    const wait = problem.retryAfter ? ` Please try again in ${Math.ceil(problem.retryAfter)} s.` : ' Please try again.';
    this.#error.textContent = problem.detail + wait;
  }
}

function field(name) {
  const { label, ...attributes } = FIELDS[name];
  const id = `contact-${name}`;
  const input = element('input', [], { id, name, required: '', 'aria-describedby': `${id}-fault`, ...attributes });
  input.addEventListener('input', () => complain(input, ''));
  const fault = element('p', [], { id: `${id}-fault`, class: 'error' });
  return element('p', [element('label', [label], { for: id }), input, fault], { class: 'field' });
}

function faultOf(input) {
  const fault = Object.keys(FAULTS).find((name) => input.validity[name]);
  if (fault) return FAULTS[fault];
  return input.validity.valid && input.value.trim() ? '' : 'Please check this.';
}

function complain(input, fault) {
  input.setAttribute('aria-invalid', String(Boolean(fault)));
  byId(`${input.id}-fault`).textContent = fault;
}
