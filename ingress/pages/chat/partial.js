// The text of a reply while it is being written. Pieces are outside the history, so one may be missing: then the text
// is dropped, and the reader waits for the next try or for the whole reply.

export class Partial {
  text = '';
  #try = 0;
  #whole = true;
  #length = 0; // in characters, as the server counts them, not in UTF-16 units

  add({ try: number, at, text }) {
    if (number < this.#try) return; // of a worker that has been replaced
    if (number > this.#try) this.restart(number);
    if (!this.#whole || at < this.#length) return;
    if (at > this.#length) return this.#drop();
    this.text += text;
    this.#length += [...text].length;
  }

  restart(number) {
    if (number < this.#try) return;
    this.#drop();
    this.#try = number;
    this.#whole = true;
    this.#length = 0;
  }

  #drop() {
    this.#whole = false;
    this.text = '';
  }
}
