// Entries of a conversation: a message, a reply being written (`partial`), or an own message on its way (`way`).

import { Partial } from './partial.js';

const OPEN = new Set(['accepted', 'received']);
const SKEW = 300_000; // by which this clock and the server's may differ

// `version` grows with every change, so that the view draws again only what has changed.
const entry = (fields) => ({ own: false, content: '', message: null, partial: null, way: null, version: 0, ...fields });

export const ofMessage = (message) => fill(entry({ key: message.id }), message);

export const ofPartial = (id) => entry({ key: id, id, partial: new Partial() });

export const ofOwn = (key, content, at) => entry({ key, content, at, own: true, way: { state: 'sending' } });

// A message that is older than what is shown of it changes nothing.
export function fill(one, message) {
  const { id, content } = message;
  if (message.revision < one.message?.revision) return one;
  return update(one, { id, content, message, partial: null, way: null });
}

export function update(one, fields) {
  return Object.assign(one, fields, { version: one.version + 1 });
}

const OWN = new Set(['contact', 'user']); // who writes here, signed in or not

export const isOwnKind = (kind) => OWN.has(kind);

export const isOurs = (one) => Boolean(one.message) && !isOwnKind(one.message.author.kind);

// Acknowledged or stored, and neither answered nor given up.
export function awaits(one) {
  if (one.message) return !isOurs(one) && OPEN.has(one.message.status);
  return one.own && Boolean(one.id);
}

export const begunAt = (one) => (one.message ? Date.parse(one.message.created_at) : one.at);

// An own message may come back before its acknowledgement has told us its id: then it is known by its text. Should that
// be a mistake (another tab wrote the same), the acknowledgement puts it right.
export function ownOf(message, entries) {
  if (!isOwnKind(message.author.kind)) return undefined;
  const sent = Date.parse(message.created_at);
  return entries.find((one) => one.own && !one.id && one.content === message.content && one.at < sent + SKEW);
}

// The same for a whole history, in which the same text may stand several times: the newest is the one. id → entry
export function ownInHistory(messages, entries) {
  const found = new Map();
  const free = messages.filter(({ id }) => !entries.some((one) => one.id === id));
  for (const own of entries.filter((one) => one.own && !one.id).reverse()) {
    const same = free.findLast((message) => ownOf(message, [own]) && Date.parse(message.created_at) > own.at - SKEW);
    if (same) found.set(same.id, own);
    if (same) free.splice(free.indexOf(same), 1);
  }
  return found;
}
