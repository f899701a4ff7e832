// What this browser remembers of the chat: the conversation, messages that are not yet acknowledged, the draft.

import { lasting, passing } from './json_storage.js';

const CONVERSATION = 'switchboard.conversation';
const UNSENT = 'switchboard.unsent.';
const DRAFT = 'switchboard.draft';

// {id, token} of a visitor, or {id, user} of a user, whose token is the account's (account.js); and `earlier`: see
// remote.js.
export const remembered = () => lasting.get(CONVERSATION);

export const remember = (conversation) => lasting.set(CONVERSATION, conversation);

// What a visitor has begun to write, or this user; another one's is forgotten.
export function draft(userId) {
  const { text, of } = passing.get(DRAFT) ?? {};
  if (of && of !== userId) keepDraft('');
  return of && of !== userId ? '' : (text ?? '');
}

export const keepDraft = (text, of = null) => passing.set(DRAFT, text ? { text, of } : null);

// One key a message, so that two tabs never overwrite each other's.
export const keepUnsent = (item) => lasting.set(UNSENT + item.key, item);

export const forgetUnsent = (key) => lasting.remove(UNSENT + key);

export function unsent(...conversationIds) {
  const items = lasting.keys().filter((key) => key.startsWith(UNSENT)).map((key) => lasting.get(key));
  return items.filter((item) => item && conversationIds.includes(item.conversation)).sort((a, b) => a.at - b.at);
}

export function forgetAllUnsent() {
  for (const key of lasting.keys()) if (key.startsWith(UNSENT)) lasting.remove(key);
}

// Nothing of a user's stays in a browser that is signed out.
export function forgetUser() {
  if (remembered()?.user) remember(null);
  forgetAllUnsent();
  keepDraft('');
}

// Calls back when another tab opens or leaves a conversation.
export function onOtherTab(changed) {
  window.addEventListener('storage', (event) => {
    if (event.key === CONVERSATION || event.key === null) changed(remembered());
  });
}

// crypto.randomUUID exists on secure origins only, and this page also has to work on http://192.168.…
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
