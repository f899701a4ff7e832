// The inside of a markdown paragraph as DOM nodes: code, emphasis, links, line breaks (of CommonMark what is common).

import { element } from './dom.js';
import { addressAt, link, linkAt } from './links.js';

const DEEPEST = 8;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const LETTER = /[\p{L}\p{N}]/u;
const MARKS = { '*': 'em', '**': 'strong', _: 'em', __: 'strong', '~~': 'del' };

// What may begin at a character: each rule gives {length, nodes}, or null when the character only means itself.
const RULES = {
  '\\': escape,
  '\n': lineEnd,
  '`': code,
  '!': image,
  '[': bracket,
  '<': angle,
  '*': emphasis,
  _: emphasis,
  '~': emphasis,
  h: address,
  H: address,
};

export function inline(text, depth = 0) {
  const here = { text, depth, unclosed: new Set() };
  const nodes = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const found = RULES[text[at]]?.(here, at);
    if (found) {
      nodes.push(text.slice(from, at), ...found.nodes);
      from = at + found.length;
    }
    at = found ? from : at + 1;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== '');
}

function escape({ text }, at) {
  const next = text[at + 1];
  if (next === '\n') return { length: 2, nodes: [element('br')] };
  return next && PUNCTUATION.test(next) ? { length: 2, nodes: [next] } : null;
}

function lineEnd({ text }, at) {
  return { length: 1, nodes: text.endsWith('  ', at) ? [element('br')] : [' '] };
}

function runAt(text, at) {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return text.slice(at, end);
}

function code(here, at) {
  const ticks = runAt(here.text, at);
  const end = closing(here, ticks, at + ticks.length, () => true);
  if (end < 0) return { length: ticks.length, nodes: [ticks] };
  const inside = here.text.slice(at + ticks.length, end).replaceAll('\n', ' ');
  const shown = inside.startsWith(' ') && inside.endsWith(' ') && inside.trim() ? inside.slice(1, -1) : inside;
  return { length: end + ticks.length - at, nodes: [element('code', [shown])] };
}

// Where a run of exactly these marks closes, or -1. What nothing closes is not looked for again: time stays linear.
function closing({ text, unclosed }, marks, from, fits) {
  if (unclosed.has(marks)) return -1;
  for (let at = text.indexOf(marks, from); at >= 0; ) {
    const run = runAt(text, at);
    if (run === marks && fits(at)) return at;
    at = text.indexOf(marks, at + run.length);
  }
  unclosed.add(marks);
  return -1;
}

function emphasis(here, at) {
  const { text, depth } = here;
  const run = runAt(text, at);
  const literal = { length: run.length, nodes: [run] };
  const opens = /\S/.test(text[at + run.length] ?? ' ') && !(run[0] === '_' && LETTER.test(text[at - 1] ?? ' '));
  if (!opens || depth >= DEEPEST || run.length > 3) return literal;
  const end = closing(here, run, at + run.length + 1, (where) => closes(text, where, run));
  if (end < 0) return literal;
  const inside = inline(text.slice(at + run.length, end), depth + 1);
  return { length: end + run.length - at, nodes: wrapped(run, inside) };
}

function closes(text, at, run) {
  return /\S/.test(text[at - 1]) && !(run[0] === '_' && LETTER.test(text[at + run.length] ?? ' '));
}

function wrapped(run, inside) {
  if (run.length === 3 && run[0] !== '~') return [element('strong', [element('em', inside)])];
  return MARKS[run] ? [element(MARKS[run], inside)] : [run, ...inside, run];
}

function bracket({ text, depth }, at) {
  const found = depth < DEEPEST ? linkAt(text, at) : null;
  return found && { length: found.length, nodes: link(found.address, inline(found.label, DEEPEST)) };
}

// A picture is never loaded (its server would learn who reads this): it becomes a link.
function image({ text }, at) {
  const found = text[at + 1] === '[' ? linkAt(text, at + 1) : null;
  return found && { length: found.length + 1, nodes: link(found.address, [found.label || 'picture']) };
}

function angle({ text }, at) {
  const found = addressAt(text, at + 1);
  if (!found || text[at + 1 + found.length] !== '>') return null;
  return { length: found.length + 2, nodes: link(found, [found]) };
}

function address({ text }, at) {
  if (LETTER.test(text[at - 1] ?? ' ')) return null;
  const found = addressAt(text, at);
  return found && { length: found.length, nodes: link(found, [found]) };
}
