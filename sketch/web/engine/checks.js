// Whether a line has ended, and what went wrong with it: sketch/generation/attention.py,
// which says where these limits come from.

import { quantile } from "./placement.js";

const FAINT = 0.02;
const [MIN_SHARE, MIN_ATTENTION, MAX_ATTENTION, EVEN] = [0.2, 0.2, 2.2, 1.4];

// Whether the pen stays where it is; if it was lifted and still is, the line has ended.
export function isAtRest([x, y], { first_point: [nullX, nullY], rest }) {
  return Math.hypot(x - nullX, y - nullY) < rest;
}

// What went wrong with a line in some words, or null. Rows of phi are the window's
// weights for the characters of the text and its end.
export function describeFault(phi, text) {
  const { length } = [...text];
  const attention = Array(length).fill(0);
  const share = Array(length).fill(0);
  let isSeen = false;
  for (const row of phi) {
    const weight = row.reduce((a, b) => a + b);
    isSeen ||= weight > FAINT;
    for (let i = 0; i < length; i++) {
      attention[i] += row[i];
      if (weight > FAINT) share[i] = Math.max(share[i], row[i] / weight);
    }
  }
  if (!isSeen) return `'${text}' may not be legible`;
  const median = quantile(attention.toSorted((a, b) => a - b), 0.5);
  const missed = share.findIndex((one, i) => one < MIN_SHARE || attention[i] < MIN_ATTENTION * median);
  if (missed >= 0) return `'${wordAt(text, missed)}' may lack '${text[missed]}'`;
  const longest = Math.max(...attention);
  if (longest > MAX_ATTENTION * median) return `'${wordAt(text, attention.indexOf(longest))}' may not be legible`;
  return null;
}

function wordAt(text, place) {
  if (text[place] === " ") place -= 1;
  return text.slice(text.lastIndexOf(" ", place) + 1).split(" ")[0];
}

// How much more attention one character had than is even.
export function unevenness(phi) {
  const attention = phi[0].slice(0, -1).map((_, i) => phi.reduce((sum, row) => sum + row[i], 0));
  const median = quantile(attention.toSorted((a, b) => a - b), 0.5);
  return Math.max(0, Math.max(...attention) / median - EVEN);
}
