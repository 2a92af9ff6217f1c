// The lines that somebody has recorded, in the browser's own store: a key for each, so
// that a stroke stores one line and two tabs do not undo each other's.
//
// A line is { strokes, isDone }: strokes of points [x, y, t] in CSS pixels, and whether
// its writer went on to the next one. Every function may throw: the store may be full,
// or forbidden.

const LINE = "sketch-line:";
const SETTINGS = "sketch-capture"; // { writer, model }

export function isOurs(key) {
  return key === null || key === SETTINGS || key.startsWith(LINE);
}

export function storedLines() {
  const lines = {};
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    if (!key.startsWith(LINE)) continue;
    const line = parsed(localStorage.getItem(key));
    if (Array.isArray(line?.strokes)) lines[key.slice(LINE.length)] = line;
  }
  return lines;
}

// Lines are stored under their text; no line takes it away.
export function storeLine(text, line) {
  if (line) localStorage.setItem(LINE + text, JSON.stringify(line));
  else localStorage.removeItem(LINE + text);
}

// null where the store is empty, as after the browser's data were deleted.
export function storedSettings() {
  return parsed(localStorage.getItem(SETTINGS));
}

export function storeSettings(settings) {
  localStorage.setItem(SETTINGS, JSON.stringify(settings));
}

// Splits up what older pages stored: all lines in one key.
export function migrate() {
  const { written, writer, hand } = storedSettings() ?? {};
  if (!written) return;
  for (const [text, strokes] of Object.entries(written)) {
    storeLine(text, { strokes, isDone: true });
  }
  storeSettings({ writer, model: hand });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
