// The page that writes: asks for ink, shows the pen at work, keeps what was written.

import { formatAddress, parseAddress } from "./address.js";
import * as source from "./api.js";
import { Attention } from "./attention.js";
import { fileName, inkml, pngFile, save, svgFile } from "./files.js";
import { Player } from "./ink.js";
import { Pad } from "./pad.js";
import { storedLines } from "./recorded.js";
import { Styles } from "./styles.js";

const $ = (id) => document.getElementById(id);
const AT_ONCE = 5; // the speed slider's last step
const MAX_SCALE = 11; // CSS pixels of a millimetre of ink
const MIN_SCALE = 6.6; // and in a full line
const LETTER_MM = 2.6; // what a character takes along the line, about
const CHECK_MS = 250; // from the last key to the look for unknown characters
const MAX_NAMED = 6; // words that may not be legible
const DRAFT = "sketch-draft"; // the last settings, for a page that is opened anew
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// ink: { lines, of, … } on the paper; asking: aborts the request; unknown: characters
// of the text that the model cannot write; columns: those of an address that was opened.
const state = { models: [], ink: null, asking: null, shown: 0, unknown: [], limit: Infinity };
const attention = new Attention({ letters: $("letters"), canvas: $("map") });
const player = new Player($("ink"), { onPoint: follow, onEnd: say });
const styles = new Styles($("choices"), (choice) => {
  $("own").hidden = choice !== "own";
  if (choice === "own") offerRecorded();
  else prepare();
  remember();
});
const pad = new Pad($("pad"), {
  label: "Drawing area: write the words here with a pen, a finger or the mouse",
});

// Writing

async function write() {
  state.asking?.abort();
  clearErrors();
  let wanted;
  try {
    if (!state.models.length) await loadModels(); // the server was away
    wanted = request();
  } catch (error) {
    return fail("error", error.message);
  }
  const asking = (state.asking = new AbortController());
  let ink = null;
  setBusy(true);
  remember(wanted.columns);
  lookAtPaper();
  try {
    const isUnknown = await findUnknown();
    if (asking.signal.aborted) return;
    if (isUnknown) {
      $("text").setAttribute("aria-invalid", true);
      return $("without").focus();
    }
    const events = source.write(wanted, asking.signal, (seconds) => {
      tell(`Many texts are being written. Trying again in ${seconds} seconds…`);
    });
    for await (const { event, ...content } of events) {
      if (asking.signal.aborted) return;
      if (event === "queue" && !ink) tellQueue(content.ahead);
      else if (event === "loading" && !ink) tell("Loading the model: the first text takes longer…");
      else if (event === "line") ink = addLine(ink, content);
      else if (event === "end") Object.assign(ink, content, { isWhole: true });
      else if (event === "error") throw new Error(content.error);
    }
    if (!ink?.isWhole) throw new Error("The server stopped in the middle of the text.");
  } catch (error) {
    if (error.name === "AbortError") return;
    fail("error", error.message);
    if (error.status === 422) $("text").setAttribute("aria-invalid", true);
  } finally {
    if (state.asking === asking) setBusy(false);
    if (ink === state.ink) player.close();
  }
}

function request() {
  const { style, ...wanted } = settings();
  wanted.columns = state.columns ?? columns();
  const excess = wanted.text.length - state.limit;
  if (excess > 0) throw new Error(`The text is ${excess} characters too long.`);
  if (styles.choice === "own" && pad.isEmpty) throw new Error("Draw the words in the box first.");
  wanted.prime = prime();
  return wanted;
}

// Lets the source of ink get ready for what is likely to be asked for.
function prepare() {
  if (styles.choice === "own" && pad.isEmpty) return;
  const wanted = { text: $("text").value, prime: prime(), columns: state.columns ?? columns() };
  source.prepare(wanted).catch(() => {}); // told when the text is asked for
}

// What the text continues: the name of a style, ink with its text, or nothing.
function prime() {
  if (styles.choice === "kept") return styles.kept;
  if (styles.choice !== "own") return styles.name || undefined;
  const strokes = pad.strokes.map((stroke) => stroke.map(([x, y]) => [x, y]));
  return { text: $("own-text").value, strokes };
}

// Characters of a line that fits the paper.
function columns() {
  const fit = Math.floor($("sheet").clientWidth / MIN_SCALE / LETTER_MM);
  return Math.min(Math.max(fit, 16), 60);
}

// Adds a line, or puts it in the place of the one with its number: as long as it is a part
// more of it comes, and one of another try has other ink.
function addLine(ink, { line, of, page, number = ink?.lines.length ?? 0 }) {
  if (!ink) {
    ink = state.ink = { lines: [], of };
    player.begin(page, Number($("pen").value), $("nib").checked);
    $("attention").hidden = $("keep").hidden = false;
    $("lines").replaceChildren();
  }
  const known = ink.lines[number];
  ink.lines[number] = line;
  player.resize(page);
  $("ink").style.maxWidth = `${player.size.width * MAX_SCALE}px`;
  const text = ink.lines.map((one) => one.text).join(" / ");
  $("ink").setAttribute("aria-label", `Handwriting that reads: ${text}`);
  if (!known) addLineButton(line, number, of);
  const isAgain = known && String(known.tries) !== String(line.tries);
  if (isAgain) tell("That went wrong: the pen begins the line again.");
  player.put(number, line, isAgain);
  if (known && number === state.shown) attention.show(line, isAgain ? 0 : attention.point);
  if (number || known) return ink;
  showLine(0, 0);
  play();
  return ink;
}

function stop() {
  state.asking?.abort();
  setBusy(false);
  const { ink } = state;
  tell(ink && !ink.isWhole ? `Stopped after line ${ink.lines.length} of ${ink.of}.` : "Stopped.");
}

function setBusy(isBusy) {
  $("form").setAttribute("aria-busy", isBusy);
  $("stop").hidden = !isBusy;
  $("sheet").classList.toggle("busy", isBusy && $("sheet").dataset.state !== "writing");
  if (isBusy) tell("Thinking…");
  else if (/…$/.test($("status").textContent)) tell("");
}

function tellQueue(ahead) {
  if (!ahead) tell("Thinking…");
  else tell(ahead === 1 ? "One text is written before yours…" : `${ahead} texts are written before yours…`);
}

// The pen

function play() {
  const speed = Number($("speed").value);
  player.speed = 2 ** speed;
  $("sheet").classList.remove("busy");
  if (calm.matches || speed === AT_ONCE) return player.finish();
  setState("writing");
  tellLine(0);
  player.play();
}

function follow(line, point) {
  if (line === state.shown) return attention.moveTo(point);
  showLine(line, point);
  if (player.isPlaying) tellLine(line);
}

function tellLine(line) {
  const { of } = state.ink;
  tell(of > 1 ? `The pen is writing line ${line + 1} of ${of}.` : "The pen is writing.");
}

function say() {
  setState("done");
  if ($("form").getAttribute("aria-busy") === "true") return; // with another text
  const { lines, of, faults = [], notes = [], isWhole, isExample } = state.ink;
  if (isExample) return tell("An example, written beforehand. Type a text and press Write.");
  if (!isWhole) return tell(`Stopped after line ${lines.length} of ${of}.`);
  const count = lines.length === 1 ? "one line" : `${lines.length} lines`;
  const sentences = [...gather(faults), ...notes].map(sentence);
  tell([`Written: ${count}.`, ...sentences].join(" "));
}

// One sentence for all words that may not be legible; the tries are of no use here.
function gather(faults) {
  const form = /^'(.*)' may not be legible( \(.*\))?$/;
  const words = faults.filter((fault) => form.test(fault)).map((fault) => `“${fault.match(form)[1]}”`);
  const named = words.slice(0, MAX_NAMED);
  if (words.length > MAX_NAMED) named.push(`${words.length - MAX_NAMED} more`);
  const list = named.length > 1 ? `${named.slice(0, -1).join(", ")} and ${named.at(-1)}` : named[0];
  const others = faults.filter((fault) => !form.test(fault));
  return words.length ? [`${list} may not be legible`, ...others] : others;
}

function sentence(words) {
  return `${words[0].toUpperCase()}${words.slice(1)}.`;
}

function setState(name) {
  $("sheet").dataset.state = name;
  $("replay").textContent = name === "writing" ? "Show at once" : "Replay";
}

function lookAtPaper() {
  const behavior = calm.matches ? "auto" : "smooth";
  // All of it where it fits, or else its upper edge.
  const fits = $("paper").offsetHeight < innerHeight;
  $("paper").scrollIntoView({ block: fits ? "nearest" : "start", behavior });
}

// Attention

// A button for each line; a single line needs none.
function addLineButton(line, number, of) {
  if (of < 2) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = number + 1;
  button.setAttribute("aria-label", `Line ${number + 1}: ${line.text}`);
  button.setAttribute("aria-pressed", false);
  button.addEventListener("click", () => {
    player.finish();
    showLine(number, state.ink.lines[number].attention.length - 1);
  });
  $("lines").append(button);
}

function showLine(number, point) {
  state.shown = number;
  attention.show(state.ink.lines[number], point);
  [...$("lines").children].forEach((button, i) => {
    button.setAttribute("aria-pressed", i === number);
  });
}

// Messages

function tell(words) {
  if ($("status").textContent !== words) $("status").textContent = words;
}

// In the place `id`: at the buttons that it is about.
function fail(id, words) {
  $(id).textContent = words;
}

function clearErrors() {
  fail("error", "");
  fail("ink-error", "");
  $("text").setAttribute("aria-invalid", false);
}

// The text as it is typed

function fitText() {
  const text = $("text");
  text.style.height = "auto";
  const border = text.offsetHeight - text.clientHeight;
  text.style.height = `${text.scrollHeight + border}px`;
  const left = state.limit - text.value.length;
  $("count").textContent = left >= 100 ? "" : left >= 0 ? `${left} characters left.` : `${-left} characters too many.`;
}

// Asks which characters the model cannot write, and marks them; true if there are any.
async function findUnknown() {
  const text = $("text").value;
  const model = state.models.find(({ name }) => name === $("model").value);
  const known = new Set(model?.alphabet);
  let [unknown, names] = [[], ""];
  if (model && text.length <= state.limit && [...text].some((c) => !known.has(c) && c !== "\n")) {
    ({ unknown, names } = await source.findUnknown(text, model.name));
  }
  if (text !== $("text").value) return false; // a later look is on its way
  Object.assign(state, { unknown, names });
  markUnknown();
  return unknown.length > 0;
}

function markUnknown() {
  const { unknown, names } = state;
  $("unknown").textContent = unknown.length ? `This model cannot write ${names}.` : "";
  $("without").hidden = !unknown.length;
  // Every second part is a character that cannot be written.
  const parts = unknown.length ? split($("text").value, unknown) : [];
  const nodes = parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
  $("marks").replaceChildren(...nodes);
  $("marks").scrollTop = $("text").scrollTop;
}

// The parts of a text between and at some characters, in turn.
function split(text, characters) {
  const longestFirst = characters.toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((c) => c.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return text.normalize().split(new RegExp(`(${escaped.join("|")})`, "u"));
}

function writeWithoutUnknown() {
  const parts = split($("text").value, state.unknown);
  $("text").value = parts.filter((_, i) => i % 2 === 0).join("");
  state.unknown = [];
  markUnknown();
  fitText();
  $("text").focus();
  write();
}

// The settings

function describeSettings() {
  const bias = Number($("bias").value);
  const tidiness = bias < 0.3 ? "as learned" : bias < 0.8 ? "easy" : bias < 1.6 ? "neat" : "very neat";
  describe("bias", tidiness, `${bias}, ${tidiness}`);
  const speed = Number($("speed").value);
  const names = { [-1]: "½ ×", 0: "as written", [AT_ONCE]: "at once" };
  describe("speed", names[speed] ?? `${2 ** speed} ×`);
  player.speed = 2 ** speed;
  if (speed === AT_ONCE && $("sheet").dataset.state === "writing") player.finish();
  const pen = Number($("pen").value);
  describe("pen", `${pen} mm`);
  player.setPen(pen, $("nib").checked);
  const { value, defaultValue } = $("colour");
  const isOwn = value !== defaultValue;
  $("sheet").classList.toggle("coloured", isOwn);
  if (isOwn) $("sheet").style.setProperty("--colour", value);
  else $("sheet").style.removeProperty("--colour");
}

function describe(id, value, spoken = value) {
  $(`${id}-value`).textContent = value;
  $(id).setAttribute("aria-valuetext", spoken);
}

function settings() {
  return {
    text: $("text").value,
    model: $("model").value,
    style: styles.name,
    bias: Number($("bias").value),
    seed: Math.trunc(Number($("seed").value)) || 0,
  };
}

// Keeps the settings for when the page is opened anew; those of a text that is written,
// with the length of its lines, also stand in the address.
function remember(columns) {
  const address = formatAddress({ ...settings(), columns });
  if (columns) history.replaceState(null, "", (state.address = address));
  try {
    sessionStorage.setItem(DRAFT, address);
  } catch {
    // Then they are not kept.
  }
}

async function offerStyles() {
  const name = $("model").value;
  const model = state.models.find((one) => one.name === name);
  $("model").title = name;
  showCondition(model ?? {});
  if (!model?.styles.length) return styles.offer([]);
  const found = await source.getStyles(name);
  if (name === $("model").value) styles.offer(found);
}

// Under which the weights may be used.
function showCondition({ title, condition, licence }) {
  $("condition").textContent = condition ? `Model “${title}”: ${condition} ` : "";
  if (!licence) return;
  const link = document.createElement("a");
  Object.assign(link, { href: licence, textContent: "Licence" });
  $("condition").append(link);
}

function keepStyle() {
  const fitting = state.ink.lines.filter(({ text }) => text.length <= state.maxPrime);
  if (!fitting.length) {
    return fail("ink-error", `Every line is too long to be kept as a style: write one of at most ${state.maxPrime} characters.`);
  }
  const { text, strokes } = fitting.reduce((a, b) => (b.text.length > a.text.length ? b : a));
  styles.keep({ text, strokes });
  fail("ink-error", "");
  tell(`Kept: the next texts continue in the style of “${text}”.`);
}

// The lines of the recording sheet, the most fitting first.
function offerRecorded() {
  let lines = {};
  try {
    lines = storedLines();
  } catch {
    // The store is forbidden: there are none.
  }
  const texts = Object.keys(lines).filter((text) => lines[text].isDone);
  texts.sort((a, b) => Math.abs(a.length - 24) - Math.abs(b.length - 24));
  $("recorded").replaceChildren(new Option("– draw a new one –", ""), ...texts.map((text) => new Option(text)));
  $("recorded-setting").hidden = !texts.length;
  state.recorded = lines;
}

function takeRecorded() {
  const text = $("recorded").value;
  if (text) $("own-text").value = text;
  pad.show(text ? state.recorded[text].strokes : []);
}

// Saving

async function saveInk(format) {
  const { lines } = state.ink;
  const [pen, isNib] = [Number($("pen").value), $("nib").checked];
  const look = { pen, isNib, colour: $("colour").value };
  const name = `${fileName(lines.map(({ text }) => text).join(" "))}.${format}`;
  const makers = {
    svg: () => new Blob([svgFile(lines, look)], { type: "image/svg+xml" }),
    png: () => pngFile(lines, look),
    inkml: () => new Blob([inkml(lines)], { type: "application/inkml+xml" }),
  };
  try {
    save(await makers[format](), name);
    fail("ink-error", "");
    tell(`Saved as ${name}.`);
  } catch {
    fail("ink-error", "This browser cannot make the file.");
  }
}

// All together

function listen() {
  let checking = 0;
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) write();
  });
  $("text").addEventListener("input", () => {
    state.columns = undefined;
    fitText();
    markUnknown();
    remember();
    clearTimeout(checking);
    checking = setTimeout(() => {
      findUnknown().catch(() => {});
      prepare();
    }, CHECK_MS);
  });
  $("text").addEventListener("scroll", () => {
    $("marks").scrollTop = $("text").scrollTop;
  });
  $("without").addEventListener("click", writeWithoutUnknown);
  $("stop").addEventListener("click", stop);
  $("again").addEventListener("click", () => {
    $("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
    write();
  });
  $("replay").addEventListener("click", () => {
    if ($("sheet").dataset.state === "writing") return player.finish();
    lookAtPaper();
    play();
  });
  $("sheet").addEventListener("click", () => {
    if ($("sheet").dataset.state === "writing") player.finish();
  });
  $("hold").addEventListener("click", keepStyle);
  for (const button of document.querySelectorAll("[data-format]")) {
    button.addEventListener("click", () => saveInk(button.dataset.format));
  }
  $("pad-undo").addEventListener("click", () => pad.undo());
  $("pad-clear").addEventListener("click", () => pad.clear());
  $("recorded").addEventListener("change", takeRecorded);
  $("model").addEventListener("change", () => {
    offerStyles().catch((error) => fail("error", error.message));
    findUnknown().catch(() => {});
  });
  for (const id of ["bias", "speed", "pen", "nib", "colour"]) $(id).addEventListener("input", describeSettings);
  for (const id of ["model", "bias", "seed"]) $(id).addEventListener("change", () => remember());
  // A page in the back/forward cache would go on asking, and others would wait.
  addEventListener("pagehide", () => state.asking?.abort());
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) offerRecorded();
  });
  addEventListener("hashchange", () => {
    const found = parseAddress(location.hash);
    if (found) fill(found).then(write);
    else history.replaceState(null, "", state.address ?? "./"); // the link to the text
  });
  const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);
  if (isMac) document.querySelector(".keys").textContent = "⌘ + Enter";
}

async function fill({ text, model, style, bias = 1, seed = 0, columns }) {
  $("text").value = text;
  $("bias").value = bias;
  $("seed").value = seed;
  if (state.models.some(({ name }) => name === model)) $("model").value = model;
  await offerStyles();
  styles.choose(style ? `style:${style}` : "");
  describeSettings();
  fitText();
  state.columns = columns; // until another text is typed
}

async function showExample() {
  const example = await source.getExample();
  if (state.ink || state.asking) return; // somebody was quicker
  if (!example) return write();
  const { lines, page } = example;
  let ink = null;
  for (const line of lines) ink = addLine(ink, { line, page, of: lines.length });
  ink.isExample = ink.isWhole = true;
  player.close();
}

async function loadModels() {
  const { models, limits } = await source.getModels();
  if (!models.length) {
    throw new Error("There is no model that writes text yet: train one with sketch train --text, and start sketch serve again.");
  }
  state.limit = limits.characters;
  $("own-text").maxLength = state.maxPrime = limits.prime_characters;
  state.models = models;
  $("model-setting").hidden = source.isAlone;
  $("model").replaceChildren(...models.map(({ name, title }) => new Option(title, name)));
  await offerStyles();
}

async function begin() {
  document.querySelector(".late")?.remove();
  listen();
  describeSettings();
  fitText();
  let draft = null;
  try {
    draft = sessionStorage.getItem(DRAFT);
  } catch {
    // The store is forbidden.
  }
  draft = parseAddress(draft ?? "");
  const address = parseAddress(location.hash);
  try {
    await loadModels();
    if (address) {
      await fill(address);
      await write();
    } else {
      if (draft) await fill(draft);
      await showExample();
    }
  } catch (error) {
    fail("error", error.message);
  }
}

begin();
