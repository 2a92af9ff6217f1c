// A strip of paper to write on with pen, finger or mouse.
//
// A point is [x, y, t]: CSS pixels from the top left, and milliseconds since the line
// was begun. What another finger or the palm does beside the pen is passed over, and
// taken back where it came first.

import { drawStroke, element, pieces } from "./ink.js";

const SHORTEST = 4; // ms from point to point; a quick mouse has a thousand a second

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
    // Or else Scribble on an iPad takes quick strokes for its own.
    const keep = (event) => event.preventDefault();
    this.svg.addEventListener("touchmove", keep, { passive: false });
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
    this.strokes.push([this.point(event)]);
    this.paths.push(element("path"));
    this.svg.append(this.paths.at(-1));
    this.redraw();
  }

  go(event) {
    if (event.pointerId !== this.pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) {
      const stroke = this.strokes.at(-1);
      const point = this.point(one);
      if (point[2] >= stroke.at(-1)[2] + SHORTEST) stroke.push(point);
    }
    this.redraw();
  }

  lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.onChange();
  }

  // The system takes a touch for the palm, or for a gesture of its own.
  cancel(event) {
    if (event.pointerId === this.pointer && this.isTouch) this.drop();
    else this.lift(event);
  }

  redraw() {
    this.paths.at(-1).setAttribute("d", pieces(this.strokes.at(-1)).join(""));
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const rounded = (value) => Math.round(value * 100) / 100;
    return [
      rounded(event.clientX - box.left),
      rounded(event.clientY - box.top),
      Math.max(0, Math.round(event.timeStamp - this.began)),
    ];
  }
}
