// Markdown as DOM nodes. HTML in it stays text; there is no way from foreign text to an element that is not made here.

import { element } from './dom.js';
import { inline } from './inline.js';

const DEEPEST = 6;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,12})([-*+]|\d{1,9}[.)])( +|$)/;
const TABLE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

// Nodes for a text; `depth` counts lists and quotations around it.
export function markdown(text, depth = 0) {
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n');
  const nodes = [];
  for (let at = 0; at < lines.length; ) {
    const [node, next] = block(lines, at, depth);
    if (node) nodes.push(node);
    at = next;
  }
  return nodes;
}

// The block that begins at a line, and the line behind it.
function block(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fence(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [element(`h${Math.min(6, heading[1].length + 2)}`, inline(heading[2])), at + 1];
  if (RULE.test(line)) return [element('hr'), at + 1];
  if (depth < DEEPEST && QUOTE.test(line)) return quotation(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, depth);
  if (line.includes('|') && TABLE.test(lines[at + 1] ?? '') && lines[at + 1].includes('-')) return table(lines, at);
  return paragraph(lines, at, depth);
}

function fence(lines, at) {
  const mark = FENCE.exec(lines[at])[1];
  const ends = (line) => line.trim().startsWith(mark) && /^\s*(`+|~+)\s*$/.test(line);
  const rest = lines.slice(at + 1);
  const end = rest.findIndex(ends); // -1 while it is still being written
  const inside = end < 0 ? rest : rest.slice(0, end);
  return [scrolling(element('pre', [element('code', [inside.join('\n')])]), 'Code'), at + 2 + inside.length];
}

// Wide things scroll by themselves, with the keyboard too.
function scrolling(node, label) {
  return element('div', [node], { class: 'wide', tabindex: '0', role: 'region', 'aria-label': label });
}

function quotation(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inside = lines.slice(at, end).map((line) => line.replace(QUOTE, ''));
  return [element('blockquote', markdown(inside.join('\n'), depth + 1)), end];
}

function list(lines, at, depth) {
  const [, , mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const first = Number.parseInt(mark, 10);
  const made = element(ordered ? 'ol' : 'ul', [], ordered && first !== 1 ? { start: String(first) } : {});
  let end = at;
  while (end < lines.length && isItem(lines[end], mark)) {
    const next = itemEnd(lines, end);
    made.append(element('li', item(lines.slice(end, next), depth)));
    end = next;
    while (!lines[end]?.trim() && isItem(lines[end + 1] ?? '', mark)) end += 1; // a loose list
  }
  return [made, end];
}

const isItem = (line, mark) => ITEM.test(line) && !RULE.test(line) && /\d/.test(ITEM.exec(line)[2]) === /\d/.test(mark);

function itemEnd(lines, at) {
  const indent = ITEM.exec(lines[at])[0].length;
  const inside = (line) => line.search(/\S/) >= Math.min(indent, 2) || (!begins(line) && line.trim());
  let end = at + 1;
  while (end < lines.length && (inside(lines[end]) || (!lines[end].trim() && deeper(lines[end + 1], indent)))) {
    if (ITEM.test(lines[end]) && !deeper(lines[end], indent)) break;
    end += 1;
  }
  return end;
}

const deeper = (line, indent) => Boolean(line?.trim()) && line.search(/\S/) >= Math.min(indent, 2);

function item(lines, depth) {
  const indent = ITEM.exec(lines[0])[0].length;
  const inner = new RegExp(`^ {0,${indent}}`);
  const text = [lines[0].slice(indent), ...lines.slice(1).map((line) => line.replace(inner, ''))];
  const nodes = markdown(text.join('\n'), depth + 1);
  return nodes.flatMap((node) => (node.tagName === 'P' && node === nodes[0] ? [...node.childNodes] : [node]));
}

function table(lines, at) {
  const row = (line, name) => element('tr', cells(line).map((cell) => element(name, inline(cell))));
  let end = at + 2;
  while (end < lines.length && lines[end].includes('|')) end += 1;
  const body = lines.slice(at + 2, end).map((line) => row(line, 'td'));
  const made = element('table', [element('thead', [row(lines[at], 'th')]), element('tbody', body)]);
  return [scrolling(made, 'Table'), end];
}

function cells(line) {
  const inside = line.trim().replace(/^\||(?<!\\)\|$/g, '');
  return inside.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

const begins = (line) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((form) => form.test(line));

function paragraph(lines, at, depth) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !(depth < DEEPEST && begins(lines[end]))) end += 1;
  return [element('p', inline(lines.slice(at, end).map((line) => line.trimStart()).join('\n').trimEnd())), end];
}
