// Writes texts with a network, in a worker: the pen of a page without a server.
//
// Asked by messages { id, wanted } to write, {} to stop, and { next } to get ready for what
// may come next; it answers { id, event, … } with the events of sketch/web/answer.py. The
// first line comes in parts, as it is written: an event "line" with the number of a line
// replaces it.
//
// A line is a piece of pieces.py: it continues the prime, or the first good line, and is
// written again if its window went wrong, as attention.py says. No recogniser reads it.

import { describeFault, isAtRest, unevenness } from "./checks.js";
import { fetchPart, Network, parseSafetensors } from "./network.js";
import { findBaseline, fitToModel, Sheet, toRows, toStrokes } from "./placement.js";

const TRIES = 4; // at each line, before it is shown with its fault
const POINTS_AT_ONCE = 16; // between two looks at the messages
const MIN_LEAD = 10; // characters that show a style
const MAX_FOLLOWED = 30; // lines whose state behind the prime is kept

const ready = load();
let isLoaded = false;
let writing = null; // the id of the text that is being written
let wish = null; // { text, prime } of the first line that may be asked for next
const followed = new Map(); // see follow()

class Stopped extends Error {}

async function load() {
  const [facts, weights] = await Promise.all(["model.json", "weights.safetensors"].map(fetchPart));
  const model = await facts.json();
  const codes = new Map(model.alphabet.map((character, i) => [character, i + 1]));
  const tensors = parseSafetensors(await weights.arrayBuffer());
  return { ...model, codes, pen: new Network(model, tensors) };
}

onmessage = async ({ data: { id, wanted, next } }) => {
  if (next) wish = next;
  else writing = wanted ? id : null;
  if (wanted) await answer(id, wanted);
  if (writing === null && wish) await getReady(wish);
};

async function answer(id, wanted) {
  try {
    if (!isLoaded) postMessage({ id, event: "loading" });
    const pause = pauseWhile(() => writing === id);
    await write(wanted, await ready, pause, (event) => postMessage({ id, ...event }));
  } catch (error) {
    if (!(error instanceof Stopped)) postMessage({ id, event: "error", error: error.message });
  }
  if (writing === id) writing = null;
}

async function getReady(next) {
  try {
    const model = await ready;
    const pause = pauseWhile(() => wish === next && writing === null);
    await follow(toPrime(next.prime, model), next.text, model, pause);
    wish = null;
  } catch {
    // Stopped, or told when the text is asked for.
  }
}

// Lets messages in; what they end is stopped.
function pauseWhile(isWanted) {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve));
    if (!isWanted()) throw new Stopped();
  };
}

ready.then(() => (isLoaded = true), () => {}); // told to whoever asks

async function write({ rows, prime, bias, seed, notes }, model, pause, tell) {
  let lead = toPrime(prime, model);
  const sheet = new Sheet(rows, model, lead);
  const faults = [];
  for (const [number, text] of rows.entries()) {
    const tellLine = ({ points, phi, tries }, baseline, isPart) => {
      const strokes = toStrokes(points, model, lead);
      const left = baseline ? strokes[0][0][0] : Math.min(...strokes.flat().map(([x]) => x));
      const placed = sheet.place(strokes, number, baseline ?? findBaseline(strokes, text), left);
      const attention = (lead ? phi : [phi[0], ...phi]).map(sparse);
      const length = Math.round((text.length + 1) * model.points_per_character);
      const line = { text, strokes: placed, attention, tries: [tries], isPart, length };
      tell({ event: "line", number, of: rows.length, line, page: sheet.size });
      return strokes;
    };
    // The pen starts at once: the first line is shown as it is written.
    const guess = number ? null : sheet.guess(lead, text);
    const show = guess && ((piece) => piece.points.length && tellLine(piece, guess, true));
    const piece = await writePiece({ text, lead, bias, seeds: [seed, number] }, model, pause, show);
    if (!piece.points.length) throw new Error("The pen wrote nothing: try another seed.");
    const strokes = tellLine(piece, guess, false);
    if (guess) sheet.goOnFrom(strokes, text, guess);
    if (piece.fault) faults.push(`${piece.fault} (${piece.tries} tries)`);
    else lead = nextLead(lead, text, piece.points, model);
  }
  tell({ event: "end", page: sheet.size, faults, notes });
}

// What the next lines continue: see _Line of generation/texts.py.
function nextLead(lead, text, points, { longest_text: longest }) {
  const most = Math.floor(longest / 2);
  const isLong = lead?.text.length >= Math.min(MIN_LEAD, Math.max(Math.floor(most / 2), 1));
  if (isLong && lead.text.length <= most) return lead;
  const isDot = !lead || points[0][2]; // or else the pen first goes there through the air
  const own = { text, rows: ended(isDot ? points : points.slice(1)) };
  if (!lead || lead.text.length > most) return own;
  const whole = { text: `${lead.text} ${text}`, rows: ended([...lead.rows, ...points]) };
  return whole.text.length <= most ? whole : lead;
}

const ended = (rows) => rows.map(([x, y, end], i) => [x, y, i === rows.length - 1 ? 1 : end]);

// Ink { text, strokes } as rows of the model; `isOwn` is somebody's, in any unit.
function toPrime(prime, model) {
  if (!prime) return null;
  const { text, strokes, isOwn } = prime;
  return { text, rows: toRows(isOwn ? fitToModel(strokes, text, model) : strokes, model) };
}

// The first try without a fault whose attention was even, or the least bad one; of a
// line that is shown meanwhile, the first one without a fault.
async function writePiece({ text, lead, bias, seeds }, model, pause, show) {
  const own = lead ? [...lead.text].length + 1 : 0; // and a blank
  const begun = await follow(lead, text, model, pause);
  const limit = model.steps_per_character * (1 + text.length);
  let best = null;
  for (let tries = 1; tries <= TRIES; tries++) {
    const pen = structuredClone(begun);
    const noise = noiseOf([...seeds, tries]);
    const piece = { points: [], phi: [], tries, fault: `'${text}' may not be finished`, badness: Infinity };
    while (piece.points.length < limit) {
      const before = piece.points.at(-1);
      const point = model.pen.write(pen, bias, noise());
      if (before?.[2] && point[2] && isAtRest(point, model)) {
        piece.fault = describeFault(piece.phi, text);
        if (!piece.fault) piece.badness = unevenness(piece.phi);
        break;
      }
      piece.points.push(point);
      piece.phi.push(pen.phi.slice(own));
      if (piece.points.length % POINTS_AT_ONCE === 8) {
        show?.(piece);
        await pause();
      }
    }
    if (!best || piece.badness <= best.badness) best = piece;
    if (best.badness === 0 || (show && !best.fault)) break;
  }
  return best;
}

// The state of the network behind a prime that a text continues: the window looks ahead,
// so each text has its own. The last ones are kept, also those that are not yet there.
async function follow(lead, text, { codes: codeOf, pen: network }, pause) {
  const codes = [...(lead ? `${lead.text} ` : ""), ...text].map((c) => codeOf.get(c));
  const key = JSON.stringify([text, lead]);
  const state = followed.get(key) ?? { pen: network.begin([...codes, 0]), count: 0 };
  followed.set(key, state);
  if (followed.size > MAX_FOLLOWED) followed.delete(followed.keys().next().value);
  for (const rows = lead?.rows ?? []; ; await pause()) {
    const most = Math.min(state.count + POINTS_AT_ONCE, rows.length);
    while (state.count < most) network.write(state.pen, 0, null, rows[state.count++]);
    if (most === rows.length) return state.pen;
  }
}

// A row of the window's weights as the page shows it, see answer.py.
function sparse(weights) {
  const levels = weights.map((weight) => Math.round(255 * Math.min(weight, 1)));
  const first = levels.findIndex((level) => level > 0);
  return first < 0 ? [0] : [first, ...levels.slice(first, levels.findLastIndex((level) => level > 0) + 1)];
}

// Noise

// Rows [uniform, normal, normal, uniform], the same for the same seeds.
function noiseOf(seeds) {
  const uniform = generator(seeds);
  return () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    return [uniform(), radius * Math.cos(angle), radius * Math.sin(angle), uniform()];
  };
}

// Numbers from 0 to below 1: sfc32, of which the seeds are the state.
function generator([a, b, c]) {
  let count = 1;
  const next = () => {
    const sum = (((a + b) | 0) + count++) | 0;
    [a, b] = [b ^ (b >>> 9), (c + (c << 3)) | 0];
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}
