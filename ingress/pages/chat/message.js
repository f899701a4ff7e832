// One entry of a conversation, drawn.

import { element } from '../shared/dom.js';
import { begunAt, isOwnKind } from './entries.js';
import { plain } from '../shared/links.js';
import { markdown } from '../shared/markdown.js';
import * as times from '../shared/times.js';

const GROUPED = 300_000; // messages of one author within this time share a heading

// Draws an entry into its <li>. place: {before, asked, last}: the entry above it, the one it answers if that stands
// further up, and whether it is the last. actions: retry(item), discard(key), askPerson().
export function draw(li, entry, place, actions) {
  const kind = kindOf(entry);
  const follows = continues(entry, place.before);
  li.className = `message ${kind}${follows ? ' follows' : ''}${entry.way ? ` ${entry.way.state}` : ''}`;
  const parts = kind === 'contact' ? own(entry, place, actions) : theirs(entry, kind, { ...place, follows }, actions);
  li.replaceChildren(...[dayMark(entry, place.before), ...parts].filter(Boolean));
}

function own(entry, place, actions) {
  const failed = entry.way?.state === 'failed';
  return [body(entry, 'contact'), standing(entry, place), failed && remedies(entry, actions)];
}

function theirs(entry, kind, { asked, follows }, actions) {
  if (kind === 'system') return [body(entry, kind), offer(entry, actions)];
  const above = [!follows && heading(entry, kind), asked && answered(asked)];
  return [...above, body(entry, kind), sources(entry), offer(entry, actions)];
}

export function kindOf(entry) {
  const kind = entry.message?.author.kind ?? 'agent'; // only agents write piece by piece
  return entry.own || isOwnKind(kind) ? 'contact' : kind;
}

const nameOf = (entry) => entry.message?.author.name || (kindOf(entry) === 'agent' ? 'Switchboard' : 'A person');

const begun = (entry) => (entry.partial ? Date.now() : begunAt(entry));

function continues(entry, before) {
  if (!before || kindOf(before) !== kindOf(entry) || kindOf(entry) === 'system') return false;
  if (!times.sameDay(begun(before), begun(entry)) || begun(entry) - begun(before) > GROUPED) return false;
  return kindOf(entry) === 'contact' || nameOf(before) === nameOf(entry);
}

function dayMark(entry, before) {
  if (entry.partial || (before && times.sameDay(begun(before), begun(entry)))) return null;
  return element('p', [element('span', [times.day(begun(entry))])], { class: 'day' });
}

function heading(entry, kind) {
  const mark = element('span', kind === 'agent' ? [] : [nameOf(entry)[0]], { class: 'mark', 'aria-hidden': 'true' });
  return element('p', [mark, element('strong', [nameOf(entry)]), stamp(entry)], { class: 'from' });
}

function stamp(entry) {
  if (entry.partial) return '';
  const at = begunAt(entry);
  return element('time', [times.time(at)], { datetime: new Date(at).toISOString(), title: times.full(at) });
}

// When other messages came between a question and its answer, the answer says what it answers.
function answered(asked) {
  return element('p', [asked.content.slice(0, 200)], { class: 'asked', title: 'In answer to' });
}

function body(entry, kind) {
  const text = entry.partial ? entry.partial.text : entry.content;
  const nodes = kind === 'agent' ? markdown(withoutSourceLine(text, sourcesOf(entry))) : plain(text);
  if (kind === 'contact') nodes.unshift(element('span', ['You: '], { class: 'unseen' }));
  const partial = entry.partial && { 'aria-busy': 'true' };
  return element('div', nodes, { class: `text${partial ? ' partial' : ''}`, ...partial });
}

function sourcesOf(entry) {
  const named = entry.message?.metadata?.sources;
  return Array.isArray(named) ? named.filter((one) => typeof one?.title === 'string') : [];
}

// Channels without metadata need the sources in the text; here they stand below it and need not be said twice.
function withoutSourceLine(text, sources) {
  const lines = text.trimEnd().split('\n');
  const last = lines.at(-1);
  const isSourceLine = /^Sources?: /.test(last) && sources.every(({ path }) => path && last.includes(path));
  return sources.length && isSourceLine ? lines.slice(0, -1).join('\n') : text;
}

function sources(entry) {
  const named = sourcesOf(entry);
  if (!named.length) return null;
  const items = named.map(({ title, path }) => element('li', [title], path ? { title: String(path) } : {}));
  const label = element('span', [named.length > 1 ? 'Sources' : 'Source']);
  return element('div', [label, element('ul', items)], { class: 'sources' });
}

function offer(entry, { askPerson }) {
  if (!entry.message?.metadata?.offers_person) return null;
  const button = element('button', ['Ask for a person'], { type: 'button', class: 'quiet offer' });
  button.addEventListener('click', askPerson);
  return button;
}

// Where an own message is on its way.
function standing(entry, { last }) {
  const { way } = entry;
  if (!way) return element('p', [last ? 'Sent · ' : '', stamp(entry)], { class: 'standing' });
  if (way.state === 'sending') return element('p', ['Sending…'], { class: 'standing' });
  if (way.state === 'failed') return element('p', [`Not sent. ${way.why}`], { class: 'standing', role: 'alert' });
  return element('p', [way.why, again(way)], { class: 'standing' });
}

// A time that the server named is counted down; our own pauses are too short to tell.
function again({ until, named }) {
  return named ? ` Sending again in ${Math.max(1, Math.ceil((until - Date.now()) / 1000))} s.` : '';
}

function remedies(entry, { retry, discard }) {
  const once = element('button', ['Retry'], { type: 'button', class: 'quiet retry' });
  const never = element('button', ['Delete'], { type: 'button', class: 'quiet' });
  once.addEventListener('click', () => retry(entry.way.item));
  never.addEventListener('click', () => discard(entry.key));
  return element('div', [once, never], { class: 'remedies' });
}
