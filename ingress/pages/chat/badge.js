// Who is signed in, at the end of the bar: a way to the sign-in page, or the name with a small menu.

import { initialOf, nameOf } from '../shared/account.js';
import { byId } from '../shared/dom.js';

export class Badge {
  #menu = byId('account-menu');

  constructor(signOut) {
    byId('sign-out').addEventListener('click', () => {
      this.#menu.hidePopover();
      signOut();
    });
  }

  show(user) {
    byId('sign-in').hidden = Boolean(user);
    byId('account-button').hidden = !user;
    const name = user ? nameOf(user) : ''; // of somebody who has left, nothing stays in the page
    byId('account-button').setAttribute('aria-label', `Account of ${name}`);
    byId('account-initial').textContent = initialOf(name);
    byId('account-name').textContent = name;
    byId('account-email').textContent = !user || name === user.email ? '' : (user.email ?? '');
  }
}
