// Ink as SVG: curves through the points of a pen, at once or in the time of a hand.

const SVG = "http://www.w3.org/2000/svg";
const SHARPEST = -0.3; // cosine of a turn beyond which it is a corner, and stays one
const POINTS_PER_SECOND = 40;
const LEAP = 4; // points that the pen could have made while it is in the air

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

export function drawStroke(parent, points) {
  const path = element("path", { d: pieces(points).join("") });
  parent.append(path);
  return path;
}

function place(point) {
  return `${+point[0].toFixed(3)},${+point[1].toFixed(3)}`;
}

// The direction of the curve at a point; none at corners and ends.
function tangent(before, here, after) {
  if (!before || !after) return [0, 0];
  const [a, b] = [unit(before, here), unit(here, after)];
  if (a[0] * b[0] + a[1] * b[1] < SHARPEST) return [0, 0];
  return unit([0, 0], [a[0] + b[0], a[1] + b[1]]);
}

function unit(from, to) {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}

// Writes lines into an <svg>, stroke after stroke.
//
// onPoint(line, point): the pen is at this point of this line, counted from 0.
// onEnd(): all is written.
export class Player {
  constructor(svg, ink, { onPoint, onEnd }) {
    this.svg = svg;
    this.onPoint = onPoint;
    this.onEnd = onEnd;
    this.speed = 1;
    const { width, height, pen } = ink.page;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    this.strokes = [];
    ink.lines.forEach((line, number) => {
      const group = element("g", { class: "line", "stroke-width": pen });
      svg.append(group);
      let point = 0;
      for (const points of line.strokes) {
        this.strokes.push({ group, number, points, parts: pieces(points), point });
        point += points.length;
      }
    });
    this.tip = element("circle", { class: "tip", r: pen * 1.6 });
    this.frame = 0;
  }

  play() {
    this.stop();
    for (const { group } of this.strokes) group.replaceChildren();
    this.svg.append(this.tip);
    this.stroke = 0; // the one that is being drawn
    this.drawn = 0; // points of it that are there
    this.time = 0; // in points, since the stroke began
    this.path = null;
    let last = performance.now();
    const step = (now) => {
      this.time += (Math.min(now - last, 100) / 1000) * POINTS_PER_SECOND * this.speed;
      last = now;
      if (this.advance()) this.frame = requestAnimationFrame(step);
      else this.end();
    };
    this.frame = requestAnimationFrame(step);
  }

  // Draws as far as the time says; false when nothing is left.
  advance() {
    while (this.stroke < this.strokes.length) {
      const { group, number, points, parts, point } = this.strokes[this.stroke];
      const due = Math.min(Math.floor(this.time) + 1, points.length);
      if (due > this.drawn) {
        if (!this.path) group.append((this.path = element("path")));
        this.path.setAttribute("d", parts.slice(0, due).join(""));
        this.drawn = due;
        const [x, y] = points[due - 1];
        this.tip.setAttribute("cx", x);
        this.tip.setAttribute("cy", y);
        this.onPoint(number, point + due - 1);
      }
      if (this.time < points.length + LEAP) return true;
      this.time -= points.length + LEAP;
      this.stroke += 1;
      this.drawn = 0;
      this.path = null;
    }
    return false;
  }

  finish() {
    this.stop();
    for (const { group } of this.strokes) group.replaceChildren();
    for (const { group, points } of this.strokes) drawStroke(group, points);
    this.end();
  }

  end() {
    this.stop();
    this.tip.remove();
    const last = this.strokes.at(-1);
    if (last) this.onPoint(last.number, last.point + last.points.length - 1);
    this.onEnd();
  }

  stop() {
    cancelAnimationFrame(this.frame);
  }
}
