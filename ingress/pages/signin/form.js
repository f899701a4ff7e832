// What all forms here have in common: faults are told at their fields, one sending at a time, outcomes are announced.

import { Problem } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { sentence, told } from './faults.js';

const FAULTS = {
  valueMissing: () => 'Please fill this in.',
  typeMismatch: () => 'This does not look like an e-mail address.',
  patternMismatch: (input) => input.dataset.fault ?? 'Please check this.',
  tooLong: (input) => `At most ${input.maxLength} characters.`,
};

const inputsOf = (form) => [...form.querySelectorAll('input[id], textarea[id]')];

// send(values) is awaited; the text it gives is told as done, and the Problem it throws as what is wrong.
export function onSubmit(form, send) {
  form.addEventListener('input', ({ target }) => {
    complain(target, '');
    say(form, {});
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (valid(form)) attempt(form, () => send(valuesOf(form)));
  });
}

// Does something on behalf of a form, unless it is busy: its buttons rest, its outcome is told in it.
export async function attempt(form, action) {
  if (form.ariaBusy === 'true') return;
  form.ariaBusy = 'true';
  say(form, {});
  try {
    say(form, { done: await action() });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(form, problem);
  } finally {
    form.ariaBusy = 'false';
  }
}

// Everything as written, but for spaces around it where it is no password.
function valuesOf(form) {
  const texts = inputsOf(form).map((input) => [input.name, input.type === 'password' ? input.value : input.value.trim()]);
  return Object.fromEntries(texts);
}

// What is being written is left alone.
export function fill(input, value) {
  if (input.value === input.defaultValue) input.value = value ?? '';
  input.defaultValue = value ?? '';
}

// Another one's form: nothing of what was shown or written stays.
export function empty(form) {
  for (const input of inputsOf(form)) input.defaultValue = '';
  form.reset();
}

export const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

export function valid(form, names = null) {
  const asked = inputsOf(form).filter(({ name }) => !names || names.includes(name));
  for (const input of asked) complain(input, faultOf(input));
  const wrong = asked.find((input) => !input.validity.valid);
  wrong?.focus();
  return !wrong;
}

function faultOf(input) {
  if (!input.value.trim() && input.required) return FAULTS.valueMissing();
  const fault = Object.keys(FAULTS).find((name) => input.validity[name]);
  return fault ? FAULTS[fault](input) : input.validationMessage;
}

function complain(input, fault) {
  const place = byId(`${input.id}-fault`);
  if (!place) return;
  input.setAttribute('aria-invalid', String(Boolean(fault)));
  place.textContent = fault;
}

function refused(form, problem) {
  const found = problem.fields.map(({ field, reason }) => ({ input: inputNamed(form, field), field, reason }));
  const named = found.filter(({ input }) => input);
  for (const { input, field, reason } of named) complain(input, sentence(field, reason, input.dataset.fault));
  if (named.length) return named[0].input.focus();
  say(form, { error: told(problem) });
}

// An address is one field in our forms and has two names in the API.
function inputNamed(form, field) {
  const alias = ['email', 'phone_number'].includes(field) ? 'address' : field;
  return inputsOf(form).find(({ name }) => name === field || name === alias);
}

export function say(form, { error = '', done = '' }) {
  form.querySelector('.error[role=alert]').textContent = error;
  form.querySelector('.done').textContent = done ?? '';
}
