// A small client of the Centrifugo protocol in JSON: one connection, one topic, recovered after every interruption.
// https://centrifugal.dev/docs/transports/client_protocol

import { Problem } from './api.js';
import { Commands } from './socket_commands.js';

const CONNECT_WITHIN = 10_000;
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 15_000;
const INSUFFICIENT_STATE = 2500;
const STALE = 3502; // a slow network's doing, so that coming back does help
const CONNECTION_LIMIT = 3504; // too many tabs: one of them may be closed at any time

// The protocol says that after these coming back is of no use.
const isFinal = (code) =>
  code !== STALE && code !== CONNECTION_LIMIT && ((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000));

export class Socket {
  ready = false;
  #address;
  #token;
  #topic;
  #told;
  #ws = null;
  #commands = new Commands();
  #position = null; // {epoch, offset} of the last event seen
  #failures = 0;
  #timer = null; // runs while we pause before coming back
  #silence = null;
  #patience = CONNECT_WITHIN;
  #heard = 0;
  #ended = false;

  // token() gives a good one, or throws a Problem: asked each time, for a connection ends when its token expires.
  // told: ready(recovered), event(data), away(), refused(). Not recovered: something may have been missed.
  constructor(address, token, topic, told) {
    this.#address = address;
    this.#token = token;
    this.#topic = topic;
    this.#told = told;
  }

  open() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#patience = CONNECT_WITHIN;
    const ws = (this.#ws = new WebSocket(this.#address));
    ws.onopen = () => this.#ws === ws && this.#greet(ws);
    ws.onmessage = (event) => this.#ws === ws && this.#read(event.data);
    ws.onclose = (event) => this.#ws === ws && this.#lost(event.code);
    this.#listen();
  }

  close() {
    this.#ended = true;
    this.#drop();
  }

  // To be called when there is reason to think that the network is back, or that this connection is a dead one.
  nudge() {
    if (this.#ended) return;
    if (this.#timer) this.open();
    else if (Date.now() - this.#heard > this.#patience) this.#lost();
  }

  async rpc(method, data) {
    if (!this.ready) throw new Problem(0, 'The connection is down.');
    return (await this.#command('rpc', { method, data })).data;
  }

  async #greet(ws) {
    try {
      const token = await this.#token();
      if (this.#ws !== ws) return;
      const { ping } = await this.#command('connect', { token, name: 'chat' });
      if (ping) this.#patience = (ping + 10) * 1000;
      await this.#subscribe();
    } catch (problem) {
      if (this.#ws !== ws) return;
      if (problem.temporary) this.#lost();
      else this.#refuse();
    }
  }

  #subscribe() {
    const known = this.#position;
    const asked = { channel: this.#topic, ...(known && { recover: true, ...known }) };
    return this.#command('subscribe', asked, (told) => this.#subscribed(told, known));
  }

  #subscribed({ epoch, offset, recovered, publications = [] }, known) {
    const whole = Boolean(known && recovered);
    this.#position = whole ? { epoch, offset: known.offset } : { epoch, offset };
    this.#failures = 0;
    this.ready = true;
    this.#told.ready(whole);
    if (whole) for (const publication of publications) this.#take(publication);
  }

  #command(method, params, taken) {
    return this.#commands.send((command) => this.#write(command), method, params, taken);
  }

  #write(command) {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(command));
  }

  #read(frame) {
    this.#listen();
    for (const line of frame.split('\n')) {
      if (!line.trim()) continue;
      const said = JSON.parse(line);
      if (said.id) this.#commands.reply(said);
      else if (said.push) this.#pushed(said.push);
      else this.#write({}); // a ping wants a pong
    }
  }

  #pushed({ pub, unsubscribe, disconnect }) {
    if (pub) this.#take(pub);
    else if (unsubscribe?.code >= INSUFFICIENT_STATE) this.#subscribeAgain();
    else if (unsubscribe) this.#refuse();
    else if (disconnect) this.#lost(disconnect.code);
  }

  #take({ offset, data }) {
    if (!this.ready) return;
    if (offset) {
      if (offset <= this.#position.offset) return; // seen before
      if (offset > this.#position.offset + 1) return this.#lost(); // a hole: come back and recover
      this.#position.offset = offset;
    }
    this.#told.event(data);
  }

  #subscribeAgain() {
    const ws = this.#ws;
    this.ready = false;
    this.#told.away();
    this.#subscribe().catch(() => this.#ws === ws && this.#lost());
  }

  // Nothing heard for longer than pings come: a dead connection would close by itself only after minutes.
  #listen() {
    this.#heard = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), this.#patience);
  }

  #lost(code = 0) {
    if (this.#ended) return;
    if (isFinal(code)) return this.#refuse();
    this.#drop();
    this.#told.away();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.open(), pause * (0.5 + Math.random() / 2));
  }

  #refuse() {
    this.close();
    this.#told.refused();
  }

  #drop() {
    const ws = this.#ws;
    this.#ws = null;
    this.ready = false;
    clearTimeout(this.#silence);
    clearTimeout(this.#timer);
    this.#timer = null;
    ws?.close();
    this.#commands.failAll();
  }
}
