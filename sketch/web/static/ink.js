// Ink as SVG: curves through the points of a pen, at once or as fast as it was written.

const SVG = "http://www.w3.org/2000/svg";
const MIN_COSINE = -0.3; // of a turn; a sharper one is a corner, and stays one
const POINTS_PER_SECOND = 40;
const LEAP = 4; // points that the pen could have made while it is in the air
// A pen of varying width, as in sketch.page.nib.
const CONTRAST = 0.4;
const [THINNEST, WIDEST] = [0.55, 1.5];
const MAX_TAPER = 0.05;
const SMOOTHING = [1, 3, 4, 3, 1].map((weight) => weight / 12);
const LEVEL = 0.04;

export function element(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// The pieces of a path through points [x, y]: the first moves there, each further one
// draws a curve to its point. Together they are the whole stroke, some are its beginning.
export function pieces(points) {
  const [first] = points;
  const parts = [`M${place(first)}`];
  if (points.length === 1) return [`M${place(first)}h0`];
  const tangents = points.map((point, i) => tangent(points[i - 1], point, points[i + 1]));
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const third = Math.hypot(b[0] - a[0], b[1] - a[1]) / 3;
    const leave = [a[0] + tangents[i - 1][0] * third, a[1] + tangents[i - 1][1] * third];
    const arrive = [b[0] - tangents[i][0] * third, b[1] - tangents[i][1] * third];
    parts.push(`C${place(leave)} ${place(arrive)} ${place(b)}`);
  }
  return parts;
}

// The width of a pen at each point of a line's strokes, in mm: it is wide where it is slow.
export function nibWidths(strokes, pen) {
  const steps = strokes.map((points) =>
    points.slice(1).map(([x, y], i) => Math.hypot(x - points[i][0], y - points[i][1])),
  );
  const moves = steps.flat().filter((step) => step > 0).sort((a, b) => a - b);
  const typical = moves[moves.length >> 1] ?? 1;
  return steps.map((lengths) => {
    const at = (values, i) => values[Math.max(0, Math.min(values.length - 1, i))] ?? 0;
    const speeds = [0, ...lengths].map((_, i) => (at(lengths, i - 1) + at(lengths, i)) / 2 / typical);
    const widths = speeds.map((_, i) => {
      const speed = SMOOTHING.reduce((sum, weight, k) => sum + weight * at(speeds, i + k - 2), 0);
      return pen * Math.min(Math.max(speed ** -CONTRAST, THINNEST), WIDEST);
    });
    // Where a width would change too fast, the wider end becomes thinner.
    lengths.forEach((length, i) => {
      widths[i + 1] = Math.min(widths[i + 1], widths[i] + MAX_TAPER * length);
    });
    for (let i = lengths.length - 1; i >= 0; i--) {
      widths[i] = Math.min(widths[i], widths[i + 1] + MAX_TAPER * lengths[i]);
    }
    return widths.map((width) => +Math.exp(Math.round(Math.log(width) / LEVEL) * LEVEL).toFixed(4));
  });
}

// The pieces of a stroke as paths { d, width }, each of one width; all in one path without
// widths.
export function evenPaths(points, parts, widths) {
  const paths = [{ d: parts[0], width: widths?.[parts.length > 1 ? 1 : 0] }];
  parts.slice(1).forEach((part, i) => {
    const width = widths?.[i + 1];
    if (width !== paths.at(-1).width) paths.push({ d: `M${place(points[i])}`, width });
    paths.at(-1).d += part;
  });
  return paths;
}

// Draws whole strokes, and fits the <svg> to them.
export function drawThumb(svg, strokes) {
  const points = strokes.flat();
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const room = 0.06 * (width + height);
  const box = [left - room, top - room, width + 2 * room, height + 2 * room];
  svg.setAttribute("viewBox", box.map((value) => value.toFixed(2)).join(" "));
  svg.setAttribute("preserveAspectRatio", "xMinYMid meet");
  strokes.forEach((stroke) => drawStroke(svg, stroke));
}

export function drawStroke(parent, points, widths) {
  const paths = evenPaths(points, pieces(points), widths).map(pathOf);
  parent.append(...paths);
  return paths[0];
}

function pathOf({ d, width }) {
  return element("path", width ? { d, "stroke-width": width } : { d });
}

function place(point) {
  return `${+point[0].toFixed(3)},${+point[1].toFixed(3)}`;
}

// The direction of the curve at a point; none at corners and ends.
function tangent(before, here, after) {
  if (!before || !after) return [0, 0];
  const [a, b] = [unit(before, here), unit(here, after)];
  if (a[0] * b[0] + a[1] * b[1] < MIN_COSINE) return [0, 0];
  return unit([0, 0], [a[0] + b[0], a[1] + b[1]]);
}

function unit(from, to) {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}

// Writes lines into an <svg>, stroke after stroke; more of them may come while it does.
//
// onPoint(line, point): the pen is at this point of this line, counted from 0.
// onEnd(): all is written.
export class Player {
  constructor(svg, { onPoint, onEnd }) {
    this.svg = svg;
    this.onPoint = onPoint;
    this.onEnd = onEnd;
    this.speed = 1;
    this.lines = []; // { group, strokes, isPart }
    this.tip = element("circle", { class: "tip" });
    this.frame = 0;
  }

  // An empty sheet; { width, height } in mm; pen and isNib as in setPen.
  begin(page, pen, isNib) {
    this.stop();
    this.svg.replaceChildren();
    this.lines = [];
    this.size = { width: 0, height: 0 };
    this.isWhole = false;
    this.isInstant = false;
    this.resize(page);
    this.setPen(pen, isNib);
    this.rewind();
  }

  // Makes the sheet as large as it has to be; it never shrinks.
  resize({ width, height }) {
    this.size.width = Math.max(this.size.width, width);
    this.size.height = Math.max(this.size.height, height);
    this.svg.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
  }

  // isNib: the pen is wide where it is slow.
  setPen(pen, isNib) {
    const isOther = this.isNib !== isNib || (isNib && this.pen !== pen);
    [this.pen, this.isNib] = [pen, isNib];
    this.svg.setAttribute("stroke-width", pen);
    this.tip.setAttribute("r", pen * 1.6);
    if (!isOther) return;
    this.lines.forEach((line, number) => {
      this.measure(line.strokes);
      if (!this.isPlaying) this.drawLine(number);
    });
  }

  measure(strokes) {
    const widths = this.isNib ? nibWidths(strokes.map(({ points }) => points), this.pen) : [];
    strokes.forEach((stroke, i) => (stroke.widths = widths[i]));
  }

  get strokes() {
    return this.lines.flatMap(({ strokes }) => strokes);
  }

  // Puts a line on the sheet, or more of one that was a part; `isAgain`: its ink is other.
  put(number, { strokes, isPart }, isAgain) {
    const group = this.lines[number]?.group ?? element("g", { class: "line" });
    if (!group.parentNode) this.svg.append(group);
    let point = 0;
    const timed = strokes.map((points) => {
      const stroke = { group, number, points, parts: pieces(points), point };
      point += points.length;
      return stroke;
    });
    this.measure(timed);
    this.lines[number] = { group, strokes: timed, isPart };
    if (isAgain) {
      group.replaceChildren();
      this.rewind(Math.min(this.stroke, this.strokes.indexOf(timed[0])));
    }
    if (this.isInstant) this.drawLine(number);
    if (this.isInstant) this.onPoint(number, point - 1);
    if (this.isPlaying) this.svg.append(this.tip); // above all ink
  }

  drawLine(number) {
    const { group, strokes } = this.lines[number];
    group.replaceChildren();
    for (const { points, widths } of strokes) drawStroke(group, points, widths);
  }

  // No more lines come.
  close() {
    this.isWhole = true;
    if (this.isInstant) this.end();
  }

  rewind(stroke = 0) {
    this.stroke = stroke; // the one that is being drawn
    this.drawn = 0; // points of it that are there
    this.time = 0; // in points, since the stroke began
    this.paths = [];
  }

  play() {
    this.stop();
    this.isPlaying = true;
    this.isInstant = false;
    for (const { group } of this.lines) group.replaceChildren();
    this.svg.append(this.tip);
    this.rewind();
    let last = performance.now();
    const step = (now) => {
      this.time += (Math.min(now - last, 100) / 1000) * POINTS_PER_SECOND * this.speed;
      last = now;
      if (this.advance() || !this.isWhole) this.frame = requestAnimationFrame(step);
      else this.end();
    };
    this.frame = requestAnimationFrame(step);
  }

  // Draws as far as the time says; false when nothing is left.
  advance() {
    const { strokes } = this;
    while (this.stroke < strokes.length) {
      const { group, number, points, parts, widths, point } = strokes[this.stroke];
      const due = Math.min(Math.floor(this.time) + 1, points.length);
      if (due > this.drawn) {
        const paths = evenPaths(points, parts.slice(0, due), widths).map(pathOf);
        this.paths.forEach((path) => path.remove());
        group.append(...(this.paths = paths));
        this.drawn = due;
        const [x, y] = points[due - 1];
        this.tip.setAttribute("cx", x);
        this.tip.setAttribute("cy", y);
        this.onPoint(number, point + due - 1);
      }
      const isOpen = this.lines[number].isPart && !this.isWhole && strokes.length === this.stroke + 1;
      if (isOpen) this.time = Math.min(this.time, points.length); // it waits for more of it
      if (this.time < points.length + LEAP) return true;
      this.time -= points.length + LEAP;
      this.stroke += 1;
      this.drawn = 0;
      this.paths = [];
    }
    this.time = 0; // it waits for the next line
    return false;
  }

  // Shows all lines at once, also those to come.
  finish() {
    this.stop();
    this.isInstant = true;
    this.lines.forEach((_, number) => this.drawLine(number));
    if (this.isWhole) this.end();
  }

  end() {
    this.stop();
    const last = this.strokes.at(-1);
    if (last) this.onPoint(last.number, last.point + last.points.length - 1);
    this.onEnd();
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.isPlaying = false;
    this.tip.remove();
  }
}
