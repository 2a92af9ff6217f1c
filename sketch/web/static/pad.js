// A strip of paper to write on with pen, finger or mouse.
//
// A point is [x, y, t]: CSS pixels from the top left, and milliseconds since the line
// was begun. While the pen writes, other fingers and the palm are ignored; a stroke that
// they began before the pen came is taken back.

import { drawStroke, element, pieces } from "./ink.js";

const MIN_STEP = 4; // ms from point to point; a quick mouse has a thousand a second
const MIN_WAY = 5; // CSS pixels; some browsers give many points one time
const BASELINE = 0.65; // of the height; the style sheet draws it there
const EDGE = 6; // CSS pixels between ink and the edge, where older ink is fitted in

export class Pad {
  constructor(parent, { label, onChange = () => {} }) {
    this.svg = element("svg", { role: "img", "aria-label": label });
    this.onChange = onChange;
    this.pointer = null;
    this.hasPen = false;
    parent.append(this.svg);
    this.show([]);
    this.svg.addEventListener("pointerdown", (event) => this.begin(event));
    this.svg.addEventListener("pointermove", (event) => this.go(event));
    this.svg.addEventListener("pointerup", (event) => this.lift(event));
    this.svg.addEventListener("pointercancel", (event) => this.cancel(event));
    // Or else a pointer whose end is lost would keep all others away.
    this.svg.addEventListener("lostpointercapture", (event) => this.lift(event));
    // Or else Scribble on an iPad takes quick strokes for its own.
    const keep = (event) => event.preventDefault();
    this.svg.addEventListener("touchmove", keep, { passive: false });
    new ResizeObserver(() => this.isDrawing || this.fit()).observe(this.svg);
  }

  get isDrawing() {
    return this.pointer !== null;
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  clear() {
    this.show([]);
    this.onChange();
  }

  show(strokes) {
    this.pointer = null;
    this.strokes = strokes.map((stroke) => [...stroke]);
    this.began = null; // when the pen first touched the paper, on the events' clock
    this.svg.replaceChildren();
    this.paths = this.strokes.map((stroke) => drawStroke(this.svg, stroke));
    this.fit();
  }

  // Shrinks the view until ink of a wider pad is inside, its baseline where it was.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const points = this.strokes.flat();
    const line = BASELINE * height;
    this.scale = 1;
    if (width) {
      for (const [x, y] of points) {
        const down = y > line ? (y + EDGE - line) / (height - line) : (line - y + EDGE) / line;
        this.scale = Math.max(this.scale, (x + EDGE) / width, down);
      }
    }
    this.top = line * (1 - this.scale);
    if (this.scale === 1) this.svg.removeAttribute("viewBox");
    else this.svg.setAttribute("viewBox", `0 ${this.top} ${width * this.scale} ${height * this.scale}`);
  }

  undo() {
    this.drop();
    this.onChange();
  }

  // Takes the last stroke back, also one that is being drawn.
  drop() {
    this.pointer = null;
    this.strokes.pop();
    this.paths.pop()?.remove();
    if (this.isEmpty) this.began = null;
  }

  begin(event) {
    const isPen = event.pointerType === "pen";
    this.hasPen ||= isPen;
    if (isPen && this.pointer !== null && this.isTouch) this.drop(); // the palm's
    const isPalm = this.hasPen && event.pointerType === "touch";
    if (event.button !== 0 || this.pointer !== null || isPalm) return;
    event.preventDefault();
    this.pointer = event.pointerId;
    this.isTouch = event.pointerType === "touch";
    this.svg.setPointerCapture(event.pointerId);
    if (this.began === null) {
      // After an undo or a reload the line goes on where its time stopped.
      const last = this.strokes.at(-1)?.at(-1);
      this.began = event.timeStamp - (last ? last[2] + 500 : 0);
    }
    this.strokes.push([]);
    this.paths.push(element("path"));
    this.svg.append(this.paths.at(-1));
    this.extend(this.point(event));
    this.redraw();
  }

  go(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) {
      const point = this.point(one);
      const [x, y, time] = this.strokes.at(-1).at(-1);
      const isFar = Math.hypot(point[0] - x, point[1] - y) >= MIN_WAY;
      if (isFar || point[2] >= time + MIN_STEP) this.extend(point);
    }
    this.redraw();
  }

  // Adds a point to the stroke; only the curves to the last two points change by it.
  extend(point) {
    const stroke = this.strokes.at(-1);
    const count = stroke.push(point);
    if (count < 4) this.parts = pieces(stroke);
    else this.parts.splice(count - 2, 2, ...pieces(stroke.slice(-4)).slice(2));
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    const [x, y, time] = this.point(event);
    const last = this.strokes.at(-1).at(-1);
    const isFurther = (x !== last[0] || y !== last[1]) && time > last[2];
    if (event.type === "pointerup" && isFurther) this.extend([x, y, time]);
    this.redraw();
    this.pointer = null;
    this.onChange();
  }

  // The system takes a touch for the palm, or for a gesture of its own.
  cancel(event) {
    if (event.pointerId === this.pointer && this.isTouch) this.drop();
    else this.lift(event);
  }

  redraw() {
    this.paths.at(-1).setAttribute("d", this.parts.join(""));
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const rounded = (value) => Math.round(value * 100) / 100;
    return [
      rounded((event.clientX - box.left) * this.scale),
      rounded((event.clientY - box.top) * this.scale + this.top),
      Math.max(0, Math.round(event.timeStamp - this.began)),
    ];
  }
}
