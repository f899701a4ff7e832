// Days and times as the reader writes them.

const TIME = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export const time = (at) => TIME.format(at);

export const date = (at) => DATE.format(at);

export const full = (at) => FULL.format(at);

export const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();

export function day(at, now = Date.now()) {
  if (sameDay(at, now)) return 'Today';
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  return sameDay(at, yesterday) ? 'Yesterday' : DAY.format(at);
}

const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];

export function ago(at, now = Date.now()) {
  const [unit, length] = UNITS.find(([, one]) => now - at >= one) ?? ['minute', 60_000];
  return now - at < 60_000 ? 'just now' : AGO.format(-Math.floor((now - at) / length), unit);
}
