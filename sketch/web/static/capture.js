// The recording sheet: line after line of somebody's handwriting, saved as InkML.

import { getJson, getModels } from "./api.js";
import { fileName, inkml, parseInkml, save } from "./files.js";
import { drawThumb, element } from "./ink.js";
import { Pad } from "./pad.js";
import { isOurs, migrate, storedLines, storedSettings, storeLine, storeSettings } from "./recorded.js";

const $ = (id) => document.getElementById(id);
const FULL = "This browser keeps no more ink: save the file now, a reload would lose lines.";

// written: lines { strokes, isDone } by their text; model: whose alphabet was chosen, ""
// is English, undefined where nothing was; isStale: another tab wrote during a stroke.
const state = { asked: [], prompts: [], current: 0, written: {}, isStale: false };
const pad = new Pad($("pad"), {
  label: "Drawing area: write the line here with a pen, a finger or the mouse",
  onChange: keep,
});

// Takes the ink of the pad for the current line.
function keep() {
  const text = state.prompts[state.current];
  if (text === undefined) return;
  const isDone = state.written[text]?.isDone ?? false;
  if (pad.isEmpty) delete state.written[text];
  else state.written[text] = { strokes: pad.strokes, isDone };
  store([text]);
  if (state.isStale) refresh();
  showThumb(state.current);
  showProgress();
}

// Stores these lines; all, where the browser's data were deleted meanwhile.
function store(texts = []) {
  try {
    if (!storedSettings()) texts = Object.keys(state.written);
    storeSettings({ writer: $("writer").value, model: state.model });
    for (const text of texts) storeLine(text, state.written[text]);
    if ($("error").textContent === FULL) $("error").textContent = "";
  } catch {
    $("error").textContent = FULL;
  }
}

// Takes what is in the store, perhaps from another tab.
function takeStored() {
  try {
    if (storedSettings()) state.written = storedLines();
  } catch {
    // The store is forbidden: what is here is all there is.
  }
}

// The lines as the store has them; a stroke that is being drawn is finished first.
function refresh() {
  state.isStale = pad.isDrawing;
  if (state.isStale || !state.prompts.length) return;
  takeStored();
  list(state.prompts);
  goTo(state.current);
}

function markDone(number) {
  const text = state.prompts[number];
  const line = state.written[text];
  if (!line || line.isDone) return;
  line.isDone = true;
  store([text]);
  showThumb(number);
}

function goTo(number) {
  state.current = number;
  const text = state.prompts[number];
  $("pad").inert = $("next").disabled = text === undefined;
  if (text === undefined) return showProgress();
  pad.show(state.written[text]?.strokes ?? []);
  $("prompt").textContent = text;
  $("number").textContent = `Line ${number + 1} of ${state.prompts.length}`;
  [...$("lines").children].forEach((item, i) => {
    if (i === number) item.firstChild.setAttribute("aria-current", "true");
    else item.firstChild.removeAttribute("aria-current");
  });
  showProgress();
}

// To the next line that is not written, or not to its end.
function next() {
  markDone(state.current);
  const count = state.prompts.length;
  for (let step = 1; step <= count; step++) {
    const number = (state.current + step) % count;
    if (!state.written[state.prompts[number]]?.isDone) return goTo(number);
  }
  goTo((state.current + 1) % count);
}

// Lines of other prompts, as for another alphabet, come after the prompts.
function list(prompts) {
  state.prompts = [...new Set([...prompts, ...Object.keys(state.written)])];
  const items = state.prompts.map((_, number) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => {
      markDone(state.current);
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
  const line = state.written[text];
  button.classList.toggle("written", Boolean(line));
  const progress = !line ? "not written yet" : line.isDone ? "written" : "begun";
  button.setAttribute("aria-label", `Line ${number + 1}, ${progress}: ${text}`);
  if (!line) return button.replaceChildren(text);
  const svg = element("svg", { "aria-hidden": "true" });
  drawThumb(svg, line.strokes);
  button.replaceChildren(svg);
}

function lines() {
  return state.prompts
    .map((text, number) => ({ text, number: number + 1, ...state.written[text] }))
    .filter(({ strokes }) => strokes);
}

function showProgress() {
  const count = lines().filter(({ isDone }) => isDone).length;
  const begun = lines().length - count;
  $("progress").textContent =
    `${count} of ${state.prompts.length} written` + (begun ? `, ${begun} begun` : "");
  $("save").disabled = $("reset").disabled = count + begun === 0;
  $("undo").disabled = $("redo").disabled = pad.isEmpty;
}

// Saves the lines that are done; the one on the pad counts as done.
function saveAll() {
  markDone(state.current);
  const writer = $("writer").value.trim() || "me";
  const name = fileName(writer, "me");
  const done = lines().filter(({ isDone }) => isDone);
  $("save-error").textContent = "";
  if (!done.length) {
    $("save-error").textContent = "No line is written to its end: press Next line when one is.";
    return;
  }
  const named = done.map(({ text, number, strokes }) => {
    return { text, writer, id: `${name}-${String(number).padStart(3, "0")}`, strokes };
  });
  save(new Blob([inkml(named)], { type: "application/inkml+xml" }), `${name}.inkml`);
  const count = done.length === 1 ? "one line" : `${done.length} lines`;
  const left = lines().length - done.length;
  $("saved").textContent =
    `Saved as ${name}.inkml, with ${count}` + (left ? `; ${left} begun but not finished.` : ".");
  for (const place of document.querySelectorAll(".file")) place.textContent = `${name}.inkml`;
  $("next-steps").hidden = false;
  showProgress();
}

// Puts the lines of a saved file on the sheet, in place of those with the same text.
async function loadFile(file) {
  $("save-error").textContent = $("saved").textContent = "";
  try {
    const found = parseInkml(await file.text());
    for (const { text, strokes } of found) state.written[text] = { strokes, isDone: true };
    $("writer").value = found[0].writer || $("writer").value;
    store(found.map(({ text }) => text));
    list(state.asked);
    goTo(state.prompts.indexOf(found[0].text));
    $("saved").textContent = `Loaded ${found.length === 1 ? "one line" : `${found.length} lines`}.`;
  } catch (error) {
    $("save-error").textContent = error.message;
  }
}

async function loadPrompts() {
  const model = $("model").value;
  const query = model ? `?model=${encodeURIComponent(model)}` : "";
  state.asked = (await getJson(`api/prompts${query}`)).lines;
  list(state.asked);
  const first = state.prompts.findIndex((text) => !state.written[text]?.isDone);
  goTo(Math.max(first, 0));
}

function listen() {
  $("next").addEventListener("click", next);
  $("undo").addEventListener("click", () => pad.undo());
  $("redo").addEventListener("click", () => pad.clear());
  $("save").addEventListener("click", saveAll);
  $("load").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    const [file] = $("file").files;
    if (file) await loadFile(file);
    $("file").value = ""; // so that the same file can be chosen again
  });
  $("writer").addEventListener("change", () => store());
  $("model").addEventListener("change", () => {
    state.model = $("model").value;
    loadPrompts().then(() => store()).catch(fail);
  });
  $("reset").addEventListener("click", () => {
    if (!confirm("Throw away all lines that were written here?")) return;
    const texts = Object.keys(state.written);
    state.written = {};
    store(texts);
    list(state.asked);
    goTo(0);
  });
  window.addEventListener("storage", ({ key }) => {
    if (isOurs(key)) refresh();
  });
}

function fail(error) {
  $("error").textContent = error.message;
}

async function begin() {
  listen();
  let kept = {};
  try {
    migrate();
    kept = storedSettings() ?? {};
  } catch {
    // The store is forbidden, or full.
  }
  takeStored();
  $("writer").value = kept.writer ?? "me";
  state.model = kept.model;
  const { models } = await getModels();
  $("model").append(...models.map(({ name, title }) => new Option(title, name)));
  const names = ["", ...models.map(({ name }) => name)];
  $("model").value = names.includes(kept.model) ? kept.model : (models[0]?.name ?? "");
  await loadPrompts();
}

// Without the server there is nothing to ask for; what was kept can still be saved.
begin().catch((error) => {
  list([]);
  goTo(0);
  fail(error);
});
