// The page that writes: asks for ink, shows the pen at work, keeps what was written.

import { getJson, postJson, save } from "./api.js";
import { Attention } from "./attention.js";
import { Player } from "./ink.js";
import { Pad } from "./pad.js";

const $ = (id) => document.getElementById(id);
const AT_ONCE = 5; // the speed slider's last step
const LARGEST = 11; // CSS pixels that a millimetre of ink takes at the most
const SMALLEST = 6.6; // and in a full line
const LETTER_MM = 2.6; // what a character takes along the line, about
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const state = { hands: [], ink: null, player: null, seed: 1, asking: null, held: null, shown: 0 };
const attention = new Attention({ letters: $("letters"), canvas: $("map") });
const pad = new Pad($("pad"), {
  label: "Drawing area: write the words here with a pen, a finger or the mouse",
});

async function write() {
  state.asking?.abort();
  const asking = (state.asking = new AbortController());
  setBusy(true);
  try {
    const response = await postJson("/api/write", request(), asking.signal);
    const ink = await response.json();
    setBusy(false); // before a pen that is at its end at once says what it wrote
    show(ink);
    fail("");
    $("text").setAttribute("aria-invalid", false);
  } catch (error) {
    if (error.name === "AbortError") return;
    fail(error.message);
    $("text").setAttribute("aria-invalid", true);
  } finally {
    if (state.asking === asking) setBusy(false);
  }
}

function request() {
  const room = $("sheet").clientWidth;
  const columns = Math.floor(room / SMALLEST / LETTER_MM);
  const asked = {
    text: $("text").value,
    hand: $("hand").value,
    bias: Number($("bias").value),
    seed: state.seed,
    columns: Math.min(Math.max(columns, 16), 60),
  };
  if (!$("own").hidden) {
    if (pad.isEmpty) throw new Error("Draw the words in the box first.");
    const strokes = pad.strokes.map((stroke) => stroke.map(([x, y]) => [x, y]));
    asked.prime = { text: $("own-text").value, strokes };
  } else if (state.held) {
    asked.prime = state.held;
  } else if ($("style").value) {
    asked.prime = $("style").value;
  }
  return asked;
}

function show(ink) {
  state.ink = ink;
  state.player?.stop();
  const text = ink.lines.map((line) => line.text).join(" / ");
  const [svg, sheet] = [$("ink"), $("sheet")];
  svg.style.maxWidth = `${ink.page.width * LARGEST}px`;
  svg.setAttribute("aria-label", `Handwriting that reads: ${text}`);
  sheet.dataset.state = "writing";
  $("attention").hidden = $("keep").hidden = false;
  state.player = new Player(svg, ink, {
    onPoint(line, point) {
      if (line !== state.shown) showLine(line, point);
      else attention.moveTo(point);
    },
    onEnd() {
      sheet.dataset.state = "done";
      if ($("form").getAttribute("aria-busy") !== "true") say(ink);
    },
  });
  showLines(ink);
  showLine(0, 0);
  $("status").textContent = "The pen is writing.";
  play();
}

function play() {
  const speed = Number($("speed").value);
  state.player.speed = 2 ** speed;
  $("sheet").dataset.state = "writing";
  if (calm.matches || speed === AT_ONCE) state.player.finish();
  else state.player.play();
}

function say(ink) {
  const count = ink.lines.length;
  const again = ink.lines.flatMap((line) => line.tries).filter((n) => n > 1).length;
  const parts = [`Written: ${count === 1 ? "one line" : `${count} lines`}.`];
  if (again) parts.push(again === 1 ? "One piece took more than one try." : `${again} pieces took more than one try.`);
  if (ink.faults.length) parts.push(`Not all went well: ${ink.faults.join("; ")}.`);
  $("status").textContent = parts.join(" ");
}

// A button for each line; one line has no need of any.
function showLines(ink) {
  const buttons = ink.lines.map((line, number) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = number + 1;
    button.setAttribute("aria-label", `Line ${number + 1}: ${line.text}`);
    button.addEventListener("click", () => {
      state.player.finish();
      showLine(number, line.attention.length - 1);
    });
    return button;
  });
  $("lines").replaceChildren(...(buttons.length > 1 ? buttons : []));
}

function showLine(number, point) {
  state.shown = number;
  attention.show(state.ink.lines[number], point);
  [...$("lines").children].forEach((button, i) => {
    button.setAttribute("aria-pressed", i === number);
  });
}

function setBusy(isBusy) {
  $("form").setAttribute("aria-busy", isBusy);
  $("sheet").classList.toggle("busy", isBusy);
  if (isBusy) $("status").textContent = "Thinking…";
  else if ($("status").textContent === "Thinking…") $("status").textContent = "";
}

function fail(sentence) {
  $("error").textContent = sentence;
}

function describeSettings() {
  const bias = Number($("bias").value);
  const manner = bias < 0.3 ? "as learned" : bias < 0.8 ? "easy" : bias < 1.6 ? "neat" : "very neat";
  $("bias-value").textContent = manner;
  $("bias").setAttribute("aria-valuetext", `${bias}, ${manner}`);
  const speed = Number($("speed").value);
  const pace = speed === AT_ONCE ? "at once" : speed === 0 ? "a hand’s" : speed < 0 ? "½ ×" : `${2 ** speed} ×`;
  $("speed-value").textContent = pace;
  $("speed").setAttribute("aria-valuetext", pace);
  if (!state.player) return;
  state.player.speed = 2 ** speed;
  if (speed === AT_ONCE && $("sheet").dataset.state === "writing") state.player.finish();
}

function offerStyles() {
  const { styles } = state.hands.find(({ name }) => name === $("hand").value);
  $("style").replaceChildren(new Option("as it comes", ""), ...styles.map((name) => new Option(name)));
  $("style-setting").hidden = !styles.length;
}

// One hand at a time: a style, the kept one, or that of the panel "In my own hand".
function takeStyle() {
  if (!$("style").value) return;
  hold(false);
  showOwn(false);
}

function hold(isHeld) {
  const line = isHeld && state.ink.lines.find(({ text }) => text.length <= state.longestHand);
  if (isHeld && !line) {
    fail("Such a long word is no hand to keep: write shorter ones.");
    return;
  }
  if (isHeld) {
    showOwn(false);
    $("style").value = "";
  }
  state.held = line ? { text: line.text, strokes: line.strokes } : null;
  $("hold").setAttribute("aria-pressed", Boolean(line));
}

function showOwn(isShown) {
  if (isShown) {
    hold(false);
    $("style").value = "";
  }
  $("own").hidden = !isShown;
  $("own-toggle").setAttribute("aria-expanded", isShown);
}

async function saveInk(form) {
  const { format, version, lines } = state.ink;
  const bare = lines.map(({ text, strokes }) => ({ text, strokes }));
  try {
    const response = await postJson(`/api/ink.${form}`, { format, version, lines: bare });
    save(await response.blob(), `handwriting.${form}`);
    $("status").textContent = `Saved as handwriting.${form}.`;
  } catch (error) {
    fail(error.message);
  }
}

function fitText() {
  const text = $("text");
  text.style.height = "auto";
  const border = text.offsetHeight - text.clientHeight;
  text.style.height = `${text.scrollHeight + border}px`;
}

function listen() {
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    write();
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) write();
  });
  $("text").addEventListener("input", () => {
    fitText();
    const left = state.limit - $("text").value.length;
    $("count").textContent = left < 100 ? `${left} characters left.` : "";
  });
  $("again").addEventListener("click", () => {
    state.seed = crypto.getRandomValues(new Uint32Array(1))[0] >>> 1;
    write();
  });
  $("own-toggle").addEventListener("click", () => showOwn($("own").hidden));
  $("pad-undo").addEventListener("click", () => pad.undo());
  $("pad-clear").addEventListener("click", () => pad.clear());
  $("replay").addEventListener("click", play);
  $("hold").addEventListener("click", () => hold(!state.held));
  $("sheet").addEventListener("click", () => {
    if ($("sheet").dataset.state === "writing") state.player.finish();
  });
  for (const button of document.querySelectorAll("[data-form]")) {
    button.addEventListener("click", () => saveInk(button.dataset.form));
  }
  $("hand").addEventListener("change", offerStyles);
  $("style").addEventListener("change", takeStyle);
  for (const id of ["bias", "speed"]) $(id).addEventListener("input", describeSettings);
}

async function begin() {
  listen();
  describeSettings();
  fitText();
  try {
    const { hands, limits } = await getJson("/api/hands");
    state.limit = limits.characters;
    $("own-text").maxLength = state.longestHand = limits.prime_characters;
    state.hands = hands;
    $("hand").replaceChildren(...hands.map(({ name }) => new Option(name)));
    if (hands.length) offerStyles();
    const known = new Set(hands[0]?.alphabet);
    const text = $("text").value; // the one that came with the page
    $("text").value = [...text].filter((c) => c === "\n" || known.has(c)).join("");
    if (hands.length) await write();
    else fail("There is no model that writes text yet: train one with sketch train --text, and start sketch serve again.");
  } catch (error) {
    fail(error.message);
  }
}

begin();
