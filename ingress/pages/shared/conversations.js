// What the server does with a conversation. `at` is {id, token} of a visitor or {id, user} of the user who is signed in;
// `earlier` are the ids of the conversations that it continues, the oldest first.

import * as account from './account.js';
import { call } from './api.js';

const ask = (at, method, path, options = {}) =>
  at.token ? call(method, path, { ...options, token: at.token }) : account.call(method, path, options);

// As the user when one is signed in, else as a new visitor, whom the secret proves to be the same one in a repeat.
export async function open(contact, { key, secret }) {
  const as = account.user();
  const made = as
    ? await account.call('POST', 'conversations', { body: contact, key })
    : await call('POST', 'conversations', { body: contact, key, secret });
  return made.token ? { id: made.conversation.id, token: made.token } : { id: made.conversation.id, user: as.id };
}

export const send = (at, content, key) => ask(at, 'POST', `conversations/${at.id}/messages`, { body: { content }, key });

export const conversation = (at) => ask(at, 'GET', `conversations/${at.id}`);

export const handOff = (at) => ask(at, 'POST', `conversations/${at.id}/handoff`, { body: {} });

export const close = (at) => ask(at, 'POST', `conversations/${at.id}/close`);

export const markRead = (at, upTo) => ask(at, 'PUT', `conversations/${at.id}/read`, { body: { up_to: upTo } });

export const messages = (at) => all((query) => ask(at, 'GET', `conversations/${at.id}/messages?${query}`));

// One that is no longer there, or is not this user's, has nothing to show.
export async function earlier(at) {
  const ids = at.earlier ?? [];
  const gone = (problem) => (problem.status === 404 ? [] : Promise.reject(problem));
  return (await Promise.all(ids.map((id) => messages({ ...at, id }).catch(gone)))).flat();
}

// The user's own that are not closed, the newest first, each with what it began with.
export async function openOnes() {
  const own = await all((query) => account.call('GET', `conversations?own=true&${query}`));
  const open = own.filter(({ state }) => state !== 'closed');
  return Promise.all(open.map(async (one) => ({ ...one, first: await firstWords(one) })));
}

async function firstWords({ id }) {
  const { items } = await account.call('GET', `conversations/${id}/messages?limit=1`);
  return items[0]?.content ?? '';
}

async function all(page) {
  const items = [];
  let after = null;
  do {
    const got = await page(new URLSearchParams({ limit: 200, ...(after && { after }) }));
    items.push(...got.items);
    after = got.next;
  } while (after);
  return items;
}
