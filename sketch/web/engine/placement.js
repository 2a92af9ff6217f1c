// Where ink goes on the paper, and ink as rows of a model: [dx, dy, end of stroke].
//
// The baseline is found as in sketch/page/baseline.py, the sheet is that of
// sketch/web/placement.py. y grows downwards: a bottom has a large y.

const MAX_SLOPE = 0.36;
const MIN_TURN = 0.3;
const AGREEMENT = 0.35;
const SLOPE_TRUST = 0.12;
const TALL = /[bdfhklt0-9A-Z]/;
const LETTER = /[\p{L}\p{N}]/u;
const MARGIN = 6; // mm
const SIZE = 2.5; // mm, of a small letter
const SPACING = 3.8; // of lines, over that size
const [ASCENT, DESCENT] = [2.2 * SIZE, 1.6 * SIZE];
const X_HEIGHT = 0.78; // over a character's width, see writing/letter.py
const PEN_MM = 0.35;
const MAX_RATIO = 1.5; // of points and sizes that are alike, see ink/fit.py

// The line that letters stand on: y = offset + slope x, and the height of small letters,
// NaN where the ink does not tell.
export function findBaseline(strokes, text) {
  const swing = typicalSwing(strokes);
  const [bottoms, tops] = [0, 1].map((kind) =>
    strokes.flatMap((stroke) => turns(stroke, MIN_TURN * swing)[kind].map((i) => stroke[i])),
  );
  if (!bottoms.length || !swing) {
    return { slope: 0, offset: Math.max(...strokes.flat().map(([, y]) => y)), xHeight: NaN };
  }
  const { slope, offset } = agreedLine(bottoms, AGREEMENT * swing);
  const heights = tops.map(([x, y]) => slope * x + offset - y).filter((height) => height > 0.4 * swing);
  heights.sort((a, b) => a - b);
  const letters = [...text].filter((c) => LETTER.test(c));
  const isTall = letters.filter((c) => TALL.test(c)).length > letters.length / 2;
  return { slope, offset, xHeight: isTall ? 0.5 * quantile(heights, 0.8) : quantile(heights, 0.5) };
}

export function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at % 1);
}

// Indices of bottoms and of tops of a stroke with swings of more than `least` between.
function turns(stroke, least) {
  const found = [[], []];
  let [low, high, direction] = [0, 0, 0];
  stroke.forEach(([, y], i) => {
    if (y > stroke[low][1]) low = i;
    if (y < stroke[high][1]) high = i;
    if (direction >= 0 && stroke[low][1] - y > least) {
      found[0].push(low);
      [direction, high] = [-1, i];
    } else if (direction <= 0 && y - stroke[high][1] > least) {
      found[1].push(high);
      [direction, low] = [1, i];
    }
  });
  if (direction) found[direction < 0 ? 1 : 0].push(direction > 0 ? low : high);
  return found;
}

// The swing, up or down, above which lies half of the pen's vertical way.
function typicalSwing(strokes) {
  const size = Math.max(...strokes.map((stroke) => spread(stroke, 1)));
  let swing = size;
  for (let round = 0; round < 3; round++) {
    const swings = strokes.flatMap((stroke) => {
      const ends = turns(stroke, MIN_TURN * Math.min(swing, 0.3 * size)).flat().sort((a, b) => a - b);
      return ends.slice(1).map((end, i) => Math.abs(stroke[end][1] - stroke[ends[i]][1]));
    });
    if (!swings.length) return size;
    swings.sort((a, b) => a - b);
    const half = swings.reduce((a, b) => a + b) / 2;
    let sum = 0;
    swing = swings.find((one) => (sum += one) >= half) ?? swings.at(-1);
  }
  return swing;
}

const biweight = (distance) => Math.max(1 - distance ** 2, 0) ** 2;

// The line that most points agree on: the best of many, then weighted least squares.
function agreedLine(points, tolerance) {
  let best = { votes: -Infinity };
  for (let n = -36; n <= 36; n++) {
    const slope = (n / 36) * MAX_SLOPE;
    const levels = points.map(([x, y]) => y - slope * x);
    for (const offset of levels) {
      let votes = -0.5 * (slope / SLOPE_TRUST) ** 2;
      for (const level of levels) votes += biweight((level - offset) / tolerance);
      if (votes > best.votes) best = { votes, slope, offset };
    }
  }
  let { slope, offset } = best;
  const trust = (tolerance / SLOPE_TRUST) ** 2;
  for (let round = 0; round < 5; round++) {
    const weights = points.map(([x, y]) => biweight((y - slope * x - offset) / (2 * tolerance)));
    const total = (value) => points.reduce((sum, [x, y], i) => sum + weights[i] * value(x, y), 0);
    const all = total(() => 1);
    const centre = total((x) => x) / all;
    slope = total((x, y) => (x - centre) * y) / (total((x) => (x - centre) ** 2) + trust);
    slope = Math.min(Math.max(slope, -MAX_SLOPE), MAX_SLOPE);
    offset = total((x, y) => y - slope * x) / all;
  }
  return { slope, offset };
}

function spread(points, axis) {
  const values = points.map((point) => point[axis]);
  return Math.max(...values) - Math.min(...values);
}

// Rows of a model to strokes in the recordings' units, seen from where the pen was; with
// `isBegun` the first row leads through the air to the first point.
export function toStrokes(rows, { offset_mean: mean, offset_std: std }, isBegun) {
  const strokes = [isBegun ? [] : [[0, 0]]];
  let [x, y] = [0, 0];
  rows.forEach(([dx, dy, end], i) => {
    x += dx * std[0] + mean[0];
    y += dy * std[1] + mean[1];
    strokes.at(-1).push([x, y]);
    if (end && i < rows.length - 1) strokes.push([]);
  });
  return strokes;
}

// The other way; the starting point has no row. The last row ends its stroke.
export function toRows(strokes, { offset_mean: mean, offset_std: std }) {
  const points = strokes.flatMap((stroke) => stroke.map(([x, y], i) => [x, y, i === stroke.length - 1 ? 1 : 0]));
  return points.slice(1).map(([x, y, end], i) => {
    return [(x - points[i][0] - mean[0]) / std[0], (y - points[i][1] - mean[1]) / std[1], end];
  });
}

// Somebody's strokes in the width, and about the number of points, of the model's.
export function fitToModel(strokes, text, { points_per_character: rate, offset_mean: mean }) {
  const count = (text.length + 1) * rate;
  const points = strokes.flat();
  const width = spread(points, 0);
  if (!(width > 0)) throw new Error("The drawn line has no width.");
  const factor = (count * Math.abs(mean[0])) / width;
  const scaled = strokes.map((stroke) => stroke.map(([x, y]) => [x * factor, y * factor]));
  if (points.length <= MAX_RATIO * count && count <= MAX_RATIO * points.length) return scaled;
  const lengths = scaled.map((stroke) => along(stroke).at(-1));
  const step = lengths.reduce((a, b) => a + b) / Math.max(count - scaled.length, 1);
  return scaled.map((stroke, i) => (lengths[i] ? resample(stroke, Math.max(2, Math.round(lengths[i] / step) + 1)) : stroke));
}

function along(stroke) {
  let way = 0;
  return stroke.map(([x, y], i) => (way += i && Math.hypot(x - stroke[i - 1][0], y - stroke[i - 1][1])));
}

function resample(stroke, count) {
  const ways = along(stroke);
  return Array.from({ length: count }, (_, n) => {
    const way = (ways.at(-1) * n) / (count - 1);
    const i = Math.max(1, ways.findIndex((one) => one >= way));
    const share = (way - ways[i - 1]) / (ways[i] - ways[i - 1] || 1);
    return [0, 1].map((axis) => stroke[i - 1][axis] + share * (stroke[i][axis] - stroke[i - 1][axis]));
  });
}

// The sheet: rows of a text at their places, in millimetres.
export class Sheet {
  constructor(rows, model, prime) {
    this.model = model;
    this.xHeight = X_HEIGHT * model.points_per_character * Math.abs(model.offset_mean[0]);
    if (prime) this.xHeight = this.alike(findBaseline(toStrokes(prime.rows, model, false), prime.text).xHeight);
    this.scale = SIZE / this.xHeight;
    Object.assign(this, { left: MARGIN, first: MARGIN + ASCENT, spacing: SPACING * SIZE });
    const width = (Math.max(...rows.map((row) => row.length)) * SIZE) / X_HEIGHT + 2 * MARGIN;
    this.size = { width, height: this.line(rows.length - 1) + DESCENT + MARGIN, pen: PEN_MM };
  }

  // A height that was measured, if it may be true.
  alike(height) {
    return height < this.xHeight * MAX_RATIO && height > this.xHeight / MAX_RATIO ? height : this.xHeight;
  }

  line(row) {
    return this.first + row * this.spacing;
  }

  // A guess at the baseline of ink that has just begun, seen from where the pen was: as
  // that of its lead, whose strokes ended there, or by the first letter.
  guess(lead, text) {
    if (!lead) return { slope: 0, offset: this.xHeight * (TALL.test(text[0]) ? 2 : 0.7) };
    const strokes = toStrokes(lead.rows, this.model, false);
    const [x, y] = strokes.at(-1).at(-1);
    const { slope, offset } = findBaseline(strokes, lead.text);
    return { slope, offset: offset + slope * x - y };
  }

  // Puts strokes into a row, level on their baseline, from x = `left` on.
  place(strokes, row, { slope, offset }, left) {
    const placed = strokes.map((stroke) =>
      stroke.map(([x, y]) => {
        const level = y - offset - slope * x;
        return [this.left + (x - left) * this.scale, this.line(row) + level * this.scale].map(rounded);
      }),
    );
    for (const [x, y] of placed.flat()) {
      this.size.width = Math.max(this.size.width, x + MARGIN);
      this.size.height = Math.max(this.size.height, y + MARGIN);
    }
    return placed;
  }

  // The first line stands where it was begun: the others keep their distance from it.
  goOnFrom(strokes, text, guess) {
    const { slope, offset, xHeight } = findBaseline(strokes, text);
    const xs = strokes.flat().map(([x]) => x);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const error = (offset - guess.offset + ((slope - guess.slope) * (left + right)) / 2) * this.scale;
    this.first += Math.max(-SIZE, Math.min(error, SIZE));
    this.left += Math.max((left - strokes[0][0][0]) * this.scale, -MARGIN);
    this.spacing = SPACING * this.alike(xHeight) * this.scale;
  }
}

const rounded = (value) => Math.round(value * 1000) / 1000;
