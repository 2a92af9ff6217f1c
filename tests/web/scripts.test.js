// Tests of the scripts that need no browser, by node; test_static.py runs them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { formatAddress, parseAddress } from "./address.js";
import { fileName, inkml, pngScale, svgFile } from "./files.js";
import { evenPaths, nibWidths, pieces } from "./ink.js";

const settings = {
  text: "a & b = c + d\n#5 – naïve",
  model: "iam-text",
  style: "wide",
  bias: 0.5,
  seed: 7,
  columns: 40,
};

test("an address gives back the settings that it was made of", () => {
  assert.deepEqual(parseAddress(formatAddress(settings)), settings);
  const bare = { text: "a", model: "m", style: "", bias: 0, seed: 0, columns: undefined };
  assert.deepEqual(parseAddress(formatAddress(bare)), { text: "a", model: "m", bias: 0, seed: 0 });
});

test("an address without a text is none, and values out of range are left out", () => {
  for (const fragment of ["", "#", "#text", "#pad", "#text=", "#model=a"]) {
    assert.equal(parseAddress(fragment), null);
  }
  assert.deepEqual(parseAddress("#text=a&bias=-1&seed=x&columns=9999"), { text: "a" });
  assert.deepEqual(parseAddress("#text=a&bias=&seed=1e99"), { text: "a" });
});

test("a file has the name of its first words", () => {
  assert.equal(fileName("Dear (you), no / it’s & 5"), "Dear-you-no-it-s-5");
  assert.equal(fileName("Çédille ñ"), "Cedille-n");
  assert.equal(fileName("word ".repeat(30)), Array(8).fill("word").join("-"));
  assert.equal(fileName("a".repeat(99)).length, 40);
  assert.equal(fileName("../…"), "handwriting");
  assert.equal(fileName("שלום", "me"), "me");
});

test("a PNG has 1,600 pixels across at the least, 600 dots an inch, and a limit", () => {
  assert.equal(pngScale(45, 29) * 45, 1600);
  assert.equal(pngScale(160, 30), 600 / 25.4);
  assert.ok(pngScale(500, 800) ** 2 * 500 * 800 <= 16e6 + 1);
});

const lines = [
  { text: "a < b", strokes: [[[1.5, 2.25], [3, 4], [5, 2]], [[7, 3]]] },
  { text: "c", strokes: [[[1, 12], [2, 13]]] },
];

test("an SVG has millimetres, the text, and the curves of the screen", () => {
  const svg = svgFile(lines, { pen: 0.5, colour: "#102030" });
  assert.match(svg, /width="18mm" height="23mm" viewBox="-5 -4 18 23"/);
  assert.match(svg, /stroke="#102030" stroke-width="0.5"/);
  assert.match(svg, /<title>a &lt; b<\/title>/);
  assert.equal(svg.match(/<path /g).length, 3);
  assert.ok(svg.includes(`d="${pieces(lines[0].strokes[0]).join("")}"`));
});

test("InkML has the numbers of the ink, and the channels that they are", () => {
  const written = inkml(lines);
  assert.ok(written.includes("<trace>1.5 2.25, 3 4, 5 2</trace>"));
  assert.match(written, /name="X" type="decimal" units="mm"/);
  assert.ok(!written.includes('"T"') && !written.includes("writer"));
  const recorded = inkml([{ text: "a", writer: "Ä & B", id: "A-B-001", strokes: [[[1, 2, 3]]] }]);
  assert.match(recorded, /name="T" type="integer" units="ms"/);
  assert.match(recorded, /<traceGroup xml:id="line-A-B-001">/);
  assert.match(recorded, /type="writer">Ä &amp; B</);
});

test("a curve goes through every point, and a dot is one", () => {
  const points = [[0, 0], [1, 1], [2, 0], [2, 0], [0, 0]];
  const ends = pieces(points).map((part) => part.match(/[-\d.]+,[-\d.]+$/)[0]);
  assert.deepEqual(ends, points.map((point) => point.join(",")));
  assert.deepEqual(pieces([[1, 2]]), ["M1,2h0"]);
  for (const part of pieces(points)) assert.ok(!part.includes("NaN"));
});

test("a nib is wide where the pen is slow, and a stroke is cut where its width changes", () => {
  const xs = [...Array(100).keys()].map((i) => 0.1 * i);
  const points = [...xs, ...xs.map((x) => 10 + 2 * x)].map((x) => [x, 5]);
  const [widths, dot] = nibWidths([points, [[1, 2]]], 0.5);
  assert.equal(widths.length, points.length);
  const ratio = widths[20] / widths[180];
  assert.ok(Math.abs(ratio - 2 ** 0.4) < 0.06, `${ratio}`);
  widths.slice(1).forEach((width, i) => {
    assert.ok(width <= 0.76 && Math.abs(width - widths[i]) < 0.03);
  });
  assert.ok(Math.abs(dot[0] - 0.75) < 0.02);
  const parts = pieces(points);
  const paths = evenPaths(points, parts, widths);
  assert.ok(paths.length > 3 && paths.length < 20);
  const curves = paths.map(({ d }) => d.replace(/^M[^C]*/, "")).join("");
  assert.equal(curves, parts.slice(1).join(""));
  assert.deepEqual(evenPaths(points, parts), [{ d: parts.join(""), width: undefined }]);
});
