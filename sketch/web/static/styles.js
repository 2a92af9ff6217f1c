// The styles to choose from: none, the model's own with a picture each, the one that was
// kept from the paper, and the user's own.
//
// `choice` is "", "kept", "own" or "style:NAME".

import { drawThumb, element } from "./ink.js";

export class Styles {
  constructor(parent, onChange) {
    this.parent = parent;
    this.onChange = onChange;
    this.kept = null; // the line { text, strokes } that was kept
    this.lines = []; // of the model's styles, { name, strokes }
    this.choice = "";
    this.wanted = ""; // stays when a model lacks it, for the next model
    this.show();
    parent.addEventListener("change", (event) => this.choose(event.target.value));
  }

  // Offers the styles of a model; a choice that it lacks falls back to none.
  offer(lines) {
    this.lines = lines;
    this.show();
  }

  keep(line) {
    this.kept = line;
    this.show();
    this.choose("kept");
  }

  choose(choice) {
    this.wanted = choice;
    this.mark(choice);
    this.onChange(this.choice);
  }

  // A style that is not there counts as none.
  mark(choice) {
    const inputs = [...this.parent.querySelectorAll("input")];
    this.choice = inputs.some(({ value }) => value === choice) ? choice : "";
    for (const input of inputs) input.checked = input.value === this.choice;
  }

  // The name of the model's style that is chosen, or "".
  get name() {
    return this.choice.startsWith("style:") ? this.choice.slice(6) : "";
  }

  show() {
    const choices = [["", "any"], ...this.lines.map((l) => [`style:${l.name}`, l.name, l])];
    if (this.kept) choices.push(["kept", "kept", this.kept]);
    choices.push(["own", "your own"]);
    this.parent.replaceChildren(...choices.map((one) => this.button(...one)));
    this.mark(this.wanted);
  }

  button(choice, name, line) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "style", value: choice });
    label.append(input);
    if (line) {
      const svg = element("svg", { "aria-hidden": "true" });
      drawThumb(svg, line.strokes);
      label.append(svg);
    }
    label.append(name);
    return label;
  }
}
