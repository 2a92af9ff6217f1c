// The source of ink of a page without a server: a worker writes. It has the functions of
// ../static/api.js, which asks a server, and takes its place in the folder of a page.

import { fetchPart } from "./network.js";

export const isAlone = true;
const MAX_CHARACTERS = 600; // of a text
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const loaded = load();
let lastId = 0;

async function load() {
  const model = await (await fetchPart("model.json")).json();
  return { ...model, known: new Set(model.alphabet), longestLine: Math.floor(model.longest_text / 2) };
}
loaded.catch(() => {}); // told to whoever asks

export async function getModels() {
  const { styles, longestLine, ...model } = await loaded;
  const limits = { characters: MAX_CHARACTERS, prime_characters: longestLine };
  return { models: [{ ...model, styles: styles.map(({ name }) => name) }], limits };
}

export async function getStyles() {
  return (await loaded).styles;
}

export async function findUnknown(text) {
  const fitted = fit(text, await loaded);
  const unknown = [...new Set(fitted.filter(([, plain]) => plain === undefined).map(([c]) => c))];
  const names = [unknown.slice(0, -1).join(", "), unknown.at(-1)].filter(Boolean).join(" and ");
  return { unknown, names };
}

// No example was written beforehand: the pen writes one itself.
export async function getExample() {
  return null;
}

// Makes the worker follow the style of a text that may be asked for next.
export async function prepare({ text, prime, columns }) {
  const [row] = breakLines(text, columns, await loaded);
  if (row && prime) worker.postMessage({ next: { text: row, prime: await toPrime(prime) } });
}

export async function* write({ text, prime, columns, bias, seed }, signal) {
  const model = await loaded;
  const id = ++lastId;
  const reader = new ReadableStream({
    start(stream) {
      worker.onmessage = ({ data }) => data.id === id && !signal.aborted && stream.enqueue(data);
      worker.onerror = () => stream.error(new Error("This browser cannot run the pen: it needs modules in workers."));
      signal.addEventListener("abort", () => {
        worker.postMessage({});
        stream.error(signal.reason);
      });
    },
  }).getReader();
  const rows = breakLines(text, columns, model);
  if (!rows.length) throw new Error("There is no text to write.");
  const notes = describeUnmarked(text, model);
  worker.postMessage({ id, wanted: { rows, prime: prime && (await toPrime(prime)), bias, seed, notes } });
  for (;;) {
    const { value } = await reader.read();
    yield value;
    if (["end", "error"].includes(value.event)) return;
  }
}

// The name of a style, or somebody's ink, as what the worker takes.
async function toPrime(prime) {
  const model = await loaded;
  if (typeof prime === "string") return model.styles.find(({ name }) => name === prime);
  const { names } = await findUnknown(prime.text);
  if (names) throw new Error(`This model cannot write ${names}, which the drawn line says.`);
  const text = breakLines(prime.text, Infinity, model).join(" ");
  if (!text) throw new Error("Say what the drawn line says.");
  return { ...prime, text, isOwn: true };
}

// Each character of a text, and what is written for it; undefined: it is unknown.
function fit(text, { known, stand_ins: standIns }) {
  const plain = (c) => (known.has(c) || /\s/.test(c) ? c : /\p{M}|\p{Cf}/u.test(c) ? "" : standIns[c]);
  return [...text.normalize().trim()].map((c) => [c, plain(c)]);
}

// Which letters are written without their marks.
function describeUnmarked(text, model) {
  const hasLost = ([c, plain]) => plain && plain !== c && /\p{M}/u.test(c.normalize("NFKD"));
  const lost = new Set(fit(text, model).filter(hasLost).map((pair) => pair.join(" written as ")));
  return lost.size ? [`accents left out: ${[...lost].join(", ")}`] : [];
}

// The lines of a text, broken at blanks; a longer word stays whole.
function breakLines(text, columns, model) {
  const most = Math.min(columns, model.longestLine);
  const fitted = fit(text, model).map(([, plain]) => plain ?? "");
  return fitted.join("").split(/[\r\n]+/).flatMap((line) => {
    const rows = [];
    for (const word of line.split(/\s+/).filter(Boolean)) {
      const longer = rows.length ? `${rows.at(-1)} ${word}` : word;
      if (rows.length && longer.length <= most) rows[rows.length - 1] = longer;
      else rows.push(word);
    }
    return rows;
  });
}
