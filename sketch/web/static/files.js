// Ink as files: SVG and PNG with the curves of the screen, InkML with every point.
//
// InkML has the form that sketch/ink/inkml.py describes and reads: a traceGroup a line,
// with its text, and its writer and id where they are known; a trace a stroke, points
// "x y" in mm, or "x y t" in CSS pixels and milliseconds; y downwards.

import { evenPaths, nibWidths, pieces } from "./ink.js";

const MARGIN = 6; // mm around the ink
const MIN_PIXELS = 1600; // across a PNG
const DOTS_PER_MM = 600 / 25.4;
const MAX_PIXELS = 16e6; // of a canvas, in all browsers

// A name for a file: the first words of a text, in letters that every system takes.
export function fileName(text, otherwise = "handwriting") {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "");
  const words = plain.match(/[A-Za-z0-9_]+/g) ?? [];
  let name = "";
  for (const word of words) {
    const longer = name ? `${name}-${word}` : word.slice(0, 40);
    if (longer.length > 40) break;
    name = longer;
  }
  return name || otherwise;
}

// The box of the ink with its margin, mm: [left, top, width, height].
function boxOf(lines) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of lines.flatMap((line) => line.strokes.flat())) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  const [left, top, right, bottom] = box;
  return [left - MARGIN, top - MARGIN, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN];
}

export function svgFile(lines, { pen, colour }) {
  const [left, top, width, height] = boxOf(lines).map((value) => +value.toFixed(3));
  const groups = lines.map(({ text, strokes }) => {
    const paths = strokes.map((points) => `<path d="${pieces(points).join("")}"/>`);
    return `<g class="line">\n<title>${escaped(text)}</title>\n${paths.join("\n")}\n</g>\n`;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}mm" height="${height}mm" ` +
    `viewBox="${left} ${top} ${width} ${height}" data-units-per-mm="1.0">\n` +
    `<g fill="none" stroke="${colour}" stroke-width="${pen}" ` +
    `stroke-linecap="round" stroke-linejoin="round">\n${groups.join("")}</g>\n</svg>\n`
  );
}

// How many pixels a millimetre takes in a PNG of this size, mm.
export function pngScale(width, height) {
  const wanted = Math.max(MIN_PIXELS / width, DOTS_PER_MM);
  return Math.min(wanted, Math.sqrt(MAX_PIXELS / (width * height)));
}

export async function pngFile(lines, { pen, isNib, colour }) {
  const [left, top, width, height] = boxOf(lines);
  const scale = pngScale(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * scale);
  canvas.height = Math.ceil(height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = colour;
  for (const { strokes } of lines) {
    const widths = isNib ? nibWidths(strokes, pen) : [];
    for (const [i, points] of strokes.entries()) {
      for (const { d, width } of evenPaths(points, pieces(points), widths[i])) {
        context.lineWidth = width ?? pen;
        context.stroke(new Path2D(d));
      }
    }
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function inkml(lines) {
  const isTimed = lines.some(({ strokes }) => strokes[0]?.[0]?.length > 2);
  const channels = isTimed
    ? '<channel name="X" type="decimal"/><channel name="Y" type="decimal"/>' +
      '<channel name="T" type="integer" units="ms"/>'
    : '<channel name="X" type="decimal" units="mm"/>' +
      '<channel name="Y" type="decimal" units="mm"/>';
  const groups = lines.map(({ text, writer, id, strokes }) => {
    const notes = Object.entries({ truth: text, writer, id })
      .filter(([, value]) => value)
      .map(([type, value]) => `<annotation type="${type}">${escaped(value)}</annotation>\n`);
    const traces = strokes.map((stroke) => {
      return `<trace>${stroke.map((point) => point.join(" ")).join(", ")}</trace>\n`;
    });
    const name = id ? ` xml:id="line-${id}"` : "";
    return `<traceGroup${name}>\n${notes.join("")}${traces.join("")}</traceGroup>\n`;
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ink xmlns="http://www.w3.org/2003/InkML">\n' +
    `<context><traceFormat>${channels}</traceFormat></context>\n${groups.join("")}</ink>\n`
  );
}

// The lines of a file that inkml() wrote for recorded lines: { text, writer, strokes }.
export function parseInkml(content) {
  const root = new DOMParser().parseFromString(content, "application/xml").documentElement;
  const channels = [...root.querySelectorAll("channel")].map((one) => one.getAttribute("name"));
  const lines = [...root.querySelectorAll("traceGroup")].map((group) => {
    const note = (type) => group.querySelector(`annotation[type="${type}"]`)?.textContent ?? "";
    const strokes = [...group.querySelectorAll("trace")].map((trace) =>
      trace.textContent.split(",").map((point) => point.trim().split(/\s+/).map(Number)),
    );
    return { text: note("truth").trim(), writer: note("writer"), strokes };
  });
  const isWhole = ({ text, strokes }) =>
    text && strokes.length && strokes.flat().every((p) => p.length === 3 && p.every(Number.isFinite));
  if (channels.join() !== "X,Y,T" || !lines.length || !lines.every(isWhole)) {
    throw new Error("This file is not InkML that was saved here.");
  }
  return lines;
}

// Lets the browser save some bytes under a name.
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return text.replace(/[&<>]/g, (character) => names[character]);
}
