// Puts the page together.

import * as account from '../shared/account.js';
import * as around from './frame.js';
import { Badge } from './badge.js';
import { Choices } from './choices.js';
import { Composer } from './composer.js';
import { ContactForm } from './contact.js';
import { byId, element } from '../shared/dom.js';
import { List } from './list.js';
import { Session } from './session.js';
import * as storage from '../shared/chat_storage.js';

const EXAMPLES = [
  'What is Switchboard?',
  'Can a message be lost?',
  'How do I use another language model?',
  'How do I send a message with curl?',
];
const told = (name) => document.querySelector(`meta[name="${name}"]`).content;
const REQUIRED = told('contact-required').split(',').filter(Boolean);
const HANDOFF_MINUTES = Number(told('handoff-minutes'));

const NONE = [];

let drawing = false;
let unseen = 0;
let notice = history.state?.notice ?? ''; // of what happened before the page was loaded anew
let who = account.user()?.id;
const session = new Session(changed);
const actions = {
  retry: (item) => session.retry(item),
  discard: (key) => session.discard(key),
  askPerson,
  startOver,
  close,
};
const list = new List(actions, read);
const composer = new Composer({ write, typing: () => session.typing(), who: () => who ?? null });
const contact = new ContactForm(begin);
const choices = new Choices({ choose: goOnWith, shut, keepBack: () => session.keepBack() });
const badge = new Badge(account.signOut);
const connection = new around.Connection();
const menu = new around.Menu(actions);

// Many events may come between two frames, and one drawing shows them all.
function changed({ arrived, begun } = {}) {
  if (!drawing) requestAnimationFrame(draw);
  drawing = true;
  if (begun) requestAnimationFrame(() => list.end());
  if (!arrived) return;
  requestAnimationFrame(() => session.conversation.entries.includes(arrived) && list.arrived(arrived));
  if (document.hidden) unseen += 1;
}

function draw() {
  drawing = false;
  const { conversation, at, over } = session;
  const missing = at ? [] : session.missing.length || who ? session.missing : REQUIRED;
  const empty = !conversation.entries.length;
  list.draw(conversation.entries);
  around.showAnswering(conversation.answering);
  around.showState(conversation, HANDOFF_MINUTES, notice);
  around.showOver(over);
  connection.show(session.connection);
  const { state } = conversation;
  const isOpen = Boolean(at) && !over && state !== 'closed';
  menu.show({ canAsk: isOpen && state === 'agent', canLeave: Boolean(at), canClose: isOpen });
  contact.show(missing);
  choices.show(session.choices, at || !empty ? NONE : session.begun);
  composer.show(!missing.length && !session.choices.length && !over);
  byId('welcome').hidden = !empty || missing.length > 0 || Boolean(over);
  document.title = `${unseen ? `(${unseen}) ` : ''}Chat · Switchboard`;
  read();
}

function read() {
  if (document.hidden || !session.at || session.over || !list.atEnd) return;
  session.markRead();
}

function write(text) {
  notice = '';
  session.write(text);
}

async function begin(said) {
  await session.open(said);
  draw();
  composer.focus();
}

function goOnWith(conversation) {
  session.goOnWith({ id: conversation.id, user: who });
  byId('scroller').focus();
}

// Whoever is signed in finds what they have begun elsewhere.
function lookBack() {
  if (who && !session.at) session.lookBack();
}

function askPerson() {
  return tried(session.askPerson(), 'A person could not be asked just now.');
}

function close() {
  return tried(session.close(), 'The conversation could not be closed just now.');
}

function shut(conversation) {
  return tried(session.shut(conversation), 'The conversation could not be closed just now.');
}

async function tried(asked, failure) {
  try {
    await asked;
  } catch (problem) {
    byId('state').hidden = false;
    byId('state').textContent = `${failure} ${problem.detail}`;
  }
}

async function startOver() {
  const { over, conversation } = session;
  const returns = Boolean(who) && conversation.state !== 'closed';
  if (!over && conversation.entries.length && !(await around.confirmed({ returns }))) return;
  storage.remember(null);
  storage.forgetAllUnsent();
  session.leave();
  byId('announcer').replaceChildren();
  lookBack();
  draw();
  composer.focus();
}

function adopt(at) {
  if (JSON.stringify(at) === JSON.stringify(session.at)) return;
  session.leave();
  session.resume(at);
}

// Whoever signs out, or is signed out, leaves nothing behind: at once here, and then in a page that is loaded anew.
function signed(user, { refused } = {}) {
  badge.show(user);
  if (user && !who) account.afresh(); // who signs in goes on with what they had begun
  if (!who || user?.id === who) return;
  who = user?.id;
  const unsent = refused ? session.unsent.join('\n\n') : '';
  session.leave();
  byId('announcer').replaceChildren();
  composer.set(unsent);
  notice = user ? '' : farewell(refused, unsent);
  history.replaceState({ notice }, '');
  changed();
}

function farewell(refused, unsent) {
  if (!refused) return 'You are signed out.';
  return unsent ? 'You were signed out. Sign in to send what you have written.' : 'You were signed out.';
}

function back() {
  if (document.hidden) return;
  unseen = 0;
  account.look();
  adopt(storage.remembered());
  lookBack();
  session.nudge();
  changed();
}

byId('examples').append(
  ...EXAMPLES.map((question) => {
    const button = element('button', [question], { type: 'button' });
    button.addEventListener('click', () => {
      write(question);
      composer.focus();
    });
    return element('li', [button]);
  }),
);
document.addEventListener('visibilitychange', back);
window.addEventListener('online', back);
window.addEventListener('pageshow', back);
setInterval(() => session.at && changed(), 1000); // counts down, and notices who stopped typing
storage.onOtherTab(adopt);
account.onChange(signed);
badge.show(account.user());
around.makeRoomForKeyboard();
if (storage.remembered()?.user && storage.remembered().user !== who) storage.forgetUser();
history.replaceState(null, '');
session.resume(storage.remembered());
lookBack();
draw();
