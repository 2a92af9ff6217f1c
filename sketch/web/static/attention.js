// The attention of the model while it draws a line: a glow on the letters of the text,
// and a map of time (to the right) and text (downwards).

const MAX_HEIGHT = 360; // CSS pixels of the map
const MAX_ROW = 13; // and of a character in it
const MIN_LABEL = 8; // a row that is lower has no character at its left
const LABELS = 22; // width of these characters
const END = "·"; // what comes after the last character

export class Attention {
  constructor({ letters, canvas }) {
    this.letters = letters;
    this.canvas = canvas;
    this.line = null;
    this.point = 0;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.paint();
      this.draw();
    });
  }

  show(line, point) {
    this.line = line;
    this.point = point;
    this.characters = [...line.text, END];
    this.spans = this.characters.map((character) => {
      const span = document.createElement("span");
      span.textContent = character === " " ? "\u00a0" : character;
      return span;
    });
    this.letters.replaceChildren(...this.spans);
    this.row = Math.min(MAX_ROW, MAX_HEIGHT / this.characters.length);
    this.canvas.style.height = `${this.characters.length * this.row}px`;
    const text = `Map of the model’s attention while it writes “${line.text}”`;
    this.canvas.setAttribute("aria-label", text);
    this.paint();
    this.draw();
  }

  // Paints the whole map, a pixel for each point and character; draw() shows its part.
  paint() {
    if (!this.line) return;
    const [red, green, blue] = rgb(this.canvas, "--ink");
    const [width, height] = [this.line.attention.length, this.characters.length];
    const image = new ImageData(width, height);
    this.line.attention.forEach(([first, ...levels], x) => {
      levels.forEach((level, i) => {
        image.data.set([red, green, blue, level], 4 * ((first + i) * width + x));
      });
    });
    this.map = document.createElement("canvas");
    this.map.width = width;
    this.map.height = height;
    this.map.getContext("2d").putImageData(image, 0, 0);
  }

  moveTo(point) {
    this.point = point;
    this.draw();
  }

  draw() {
    if (!this.line) return;
    const levels = new Array(this.characters.length).fill(0);
    const [first, ...weights] = this.line.attention[this.point] ?? [0];
    weights.forEach((level, i) => (levels[first + i] = level / 255));
    this.spans.forEach((span, i) => span.style.setProperty("--attention", levels[i] ?? 0));

    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    const ratio = devicePixelRatio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const { isPart, length } = this.line; // of a part, what all of it may have
    const count = Math.max(this.line.attention.length, isPart ? length : 0);
    const share = (this.point + 1) / count;
    const room = width - LABELS;
    const style = getComputedStyle(this.canvas);
    context.font = `11px ${style.fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    this.characters.forEach((character, i) => {
      const y = (i + 0.5) * this.row;
      context.fillStyle = levels[i] > 0.3 ? rule(style, "--accent") : rule(style, "--faint");
      if (this.row >= MIN_LABEL) {
        context.fillText(character === " " ? "␣" : character, LABELS / 2 - 3, y + 0.5);
      }
      context.fillStyle = rule(style, "--hair");
      context.fillRect(LABELS, (i + 1) * this.row - 0.5, room, 0.5);
    });
    context.imageSmoothingEnabled = false;
    const upTo = this.point + 1;
    context.drawImage(
      this.map, 0, 0, upTo, this.map.height,
      LABELS, 0, room * share, height,
    );
    if (share < 1) {
      context.fillStyle = rule(style, "--accent");
      context.fillRect(LABELS + room * share, 0, 1, height);
    }
  }
}

function rule(style, name) {
  return style.getPropertyValue(name).trim();
}

// The numbers of a colour "#rrggbb" of the style sheet.
function rgb(of, name) {
  const colour = rule(getComputedStyle(of), name);
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
