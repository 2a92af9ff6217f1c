// The capture sheet: line after line in somebody's own hand, saved as one InkML file.

import { getJson, save } from "./api.js";
import { drawStroke, element } from "./ink.js";
import { inkml } from "./inkml.js";
import { Pad } from "./pad.js";

const $ = (id) => document.getElementById(id);
const KEPT = "sketch-capture"; // the browser's own store: a reload loses nothing
const FULL = "This browser keeps no more ink: save the file now, a reload would lose lines.";

// written: strokes by their text; changed: the texts whose ink the store has not yet;
// hand: whose alphabet was chosen, "" is English, undefined where nothing was.
const state = { asked: [], prompts: [], current: 0, written: {}, changed: new Set() };
const pad = new Pad($("pad"), {
  label: "Drawing area: write the line here with a pen, a finger or the mouse",
  onChange: keep,
});

function keep() {
  const text = state.prompts[state.current];
  if (text === undefined) return;
  if (pad.isEmpty) delete state.written[text];
  else state.written[text] = pad.strokes;
  state.changed.add(text);
  store();
  showThumb(state.current);
  showProgress();
}

function store() {
  merge();
  const { written, hand } = state;
  try {
    localStorage.setItem(KEPT, JSON.stringify({ written, writer: $("writer").value, hand }));
    state.changed.clear();
    if ($("error").textContent === FULL) $("error").textContent = "";
  } catch {
    $("error").textContent = FULL;
  }
}

// What is in the store, perhaps from another tab, with what was changed in this one. A
// store without anything was emptied by the browser: what is here is all there is.
function merge() {
  const { written } = stored();
  if (!written) return;
  for (const text of state.changed) {
    if (state.written[text]) written[text] = state.written[text];
    else delete written[text];
  }
  state.written = written;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {}; // nothing that could be read
  }
}

function goTo(number) {
  state.current = number;
  const text = state.prompts[number];
  $("pad").inert = $("next").disabled = text === undefined;
  if (text === undefined) return showProgress();
  pad.show(state.written[text] ?? []);
  $("prompt").textContent = text;
  $("number").textContent = `Line ${number + 1} of ${state.prompts.length}`;
  [...$("lines").children].forEach((item, i) => {
    if (i === number) item.firstChild.setAttribute("aria-current", "true");
    else item.firstChild.removeAttribute("aria-current");
  });
  showProgress();
}

function next() {
  const count = state.prompts.length;
  for (let step = 1; step <= count; step++) {
    const number = (state.current + step) % count;
    if (!state.written[state.prompts[number]]) return goTo(number);
  }
  goTo((state.current + 1) % count);
}

// What was written for other prompts, of another alphabet perhaps, comes after them.
function list(prompts) {
  merge();
  state.prompts = [...new Set([...prompts, ...Object.keys(state.written)])];
  const items = state.prompts.map((_, number) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => {
      goTo(number);
      $("prompt").scrollIntoView({ block: "center" });
    });
    item.append(button);
    return item;
  });
  $("lines").replaceChildren(...items);
  items.forEach((_, number) => showThumb(number));
}

// A line as it stands on the sheet: its ink, or its words where there is none yet.
function showThumb(number) {
  const button = $("lines").children[number]?.firstChild;
  if (!button) return;
  const text = state.prompts[number];
  const strokes = state.written[text];
  button.classList.toggle("written", Boolean(strokes));
  const manner = strokes ? "written" : "not written yet";
  button.setAttribute("aria-label", `Line ${number + 1}, ${manner}: ${text}`);
  if (!strokes) return button.replaceChildren(text);
  const svg = element("svg", { "aria-hidden": "true" });
  const points = strokes.flat();
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [left, top] = [Math.min(...xs) - 4, Math.min(...ys) - 4];
  const [width, height] = [Math.max(...xs) + 4 - left, Math.max(...ys) + 4 - top];
  svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "xMinYMid meet");
  strokes.forEach((stroke) => drawStroke(svg, stroke));
  button.replaceChildren(svg);
}

function lines() {
  return state.prompts
    .map((text, number) => ({ text, number: number + 1, strokes: state.written[text] }))
    .filter(({ strokes }) => strokes);
}

function showProgress() {
  const count = lines().length;
  $("progress").textContent = `${count} of ${state.prompts.length} written`;
  $("save").disabled = $("reset").disabled = count === 0;
  $("undo").disabled = $("redo").disabled = pad.isEmpty;
}

function saveAll() {
  const writer = $("writer").value.trim();
  if (!/^[A-Za-z0-9_-]+$/.test(writer)) {
    $("error").textContent = "The writer’s name takes letters, digits, - and _ only.";
    $("writer").focus();
    return;
  }
  $("error").textContent = "";
  const blob = new Blob([inkml(lines(), writer)], { type: "application/inkml+xml" });
  save(blob, `${writer}.inkml`);
  $("saved").textContent = `Saved as ${writer}.inkml, with ${lines().length} lines.`;
}

async function loadPrompts() {
  const hand = $("hand").value;
  const query = hand ? `?hand=${encodeURIComponent(hand)}` : "";
  state.asked = (await getJson(`/api/prompts${query}`)).lines;
  list(state.asked);
  const first = state.prompts.findIndex((text) => !state.written[text]);
  goTo(Math.max(first, 0));
}

function listen() {
  $("next").addEventListener("click", next);
  $("undo").addEventListener("click", () => pad.undo());
  $("redo").addEventListener("click", () => pad.clear());
  $("save").addEventListener("click", saveAll);
  $("writer").addEventListener("change", store);
  $("hand").addEventListener("change", () => {
    state.hand = $("hand").value;
    loadPrompts().then(store).catch(fail);
  });
  $("reset").addEventListener("click", () => {
    if (!confirm("Throw away all lines that were written here?")) return;
    Object.keys(state.written).forEach((text) => state.changed.add(text));
    state.written = {};
    store();
    list(state.asked);
    goTo(0);
  });
  window.addEventListener("storage", () => {
    if (!state.prompts.length) return; // they are on their way
    list(state.prompts); // another tab has written
    goTo(state.current);
  });
}

function fail(error) {
  $("error").textContent = error.message;
}

async function begin() {
  listen();
  const kept = stored();
  $("writer").value = kept.writer ?? "me";
  state.hand = kept.hand;
  const { hands } = await getJson("/api/hands");
  $("hand").append(...hands.map(({ name }) => new Option(name)));
  const names = ["", ...hands.map(({ name }) => name)];
  $("hand").value = names.includes(kept.hand) ? kept.hand : (hands[0]?.name ?? "");
  await loadPrompts();
}

// Without the server there is nothing to ask for; what was kept can still be saved.
begin().catch((error) => {
  list([]);
  goTo(0);
  fail(error);
});
