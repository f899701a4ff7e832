// Addresses in foreign text. Only http and https become links; anything else stays what it says.

import { element } from './dom.js';

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
const ADDRESS_HERE = /https?:\/\/[^\s<>"'`]+/iy;
const LONGEST = 2000; // characters looked through for the end of a link

// A link with the given nodes in it, or just the nodes.
export function link(address, label) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return label;
  return [element('a', label, { href: url.href, target: '_blank', rel: 'noopener noreferrer' })];
}

// Text as it stands, with its addresses as links.
export function plain(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trimmed(found[0]);
    nodes.push(text.slice(from, found.index), ...link(address, [address]));
    from = found.index + address.length;
  }
  return [...nodes, text.slice(from)];
}

// The address that begins here, or null.
export function addressAt(text, at) {
  ADDRESS_HERE.lastIndex = at;
  const found = ADDRESS_HERE.exec(text);
  return found && trimmed(found[0]);
}

// Punctuation behind an address belongs to the sentence, and a bracket only if it was opened inside.
function trimmed(address) {
  let end = address.replace(/[.,;:!?*_~]+$/, '');
  while (end.endsWith(')') && end.split(')').length > end.split('(').length) {
    end = end.slice(0, -1).replace(/[.,;:!?*_~]+$/, '');
  }
  return end;
}

// `[label](address)` that begins here: {label, address, length}, or null.
export function linkAt(text, at) {
  const labelEnd = closing(text, at, '[', ']');
  if (labelEnd < 0 || text[labelEnd + 1] !== '(') return null;
  const end = closing(text, labelEnd + 1, '(', ')');
  if (end < 0) return null;
  const [address = ''] = text.slice(labelEnd + 2, end).trim().split(/\s/); // a title may follow; it is not shown
  const label = text.slice(at + 1, labelEnd);
  return { label, address: address.replace(/^<|>$/g, ''), length: end + 1 - at };
}

function closing(text, at, open, close) {
  let depth = 0;
  for (let i = at; i < Math.min(text.length, at + LONGEST); i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === open) depth += 1;
    else if (text[i] === close && --depth === 0) return i;
  }
  return -1;
}
