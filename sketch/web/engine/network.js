// A network of sketch/model, step by step: weights in float32, sums in float64.
//
// Shapes, order of gates and formulas are those of network.py, recurrent.py, window.py,
// mixture.py and sampling.py. With the same noise, ink differs by rounding alone.

const MAX_LOGARITHM = 30; // window_step.py
const CORRELATION_MARGIN = 1e-4; // mixture.py
const MAX_STRETCH = 1.25; // mixture.py

// A file of the folder model/.
export async function fetchPart(name) {
  const answer = await fetch(new URL(`../model/${name}`, import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new Error(`The model did not come: ${name} is missing, or its host is away.`);
  return answer;
}

// The tensors of a safetensors file in half precision, as float32, by name.
export function parseSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const values = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
  const tensors = Object.entries(header).map(([name, { data_offsets: [from, to] }]) => {
    const bits = new Uint16Array(buffer, 8 + length + from, (to - from) / 2);
    const tensor = new Float32Array(bits.length);
    for (let i = 0; i < bits.length; i++) tensor[i] = values[bits[i]];
    return [name, tensor];
  });
  return Object.fromEntries(tensors);
}

// Adds the product of `x` and rows of a matrix, from `first` on, to `sums`; returns the
// row after these. Eight rows at a time, or else memory would be the limit, and none for
// zeros, of which a window is full.
function addProduct(sums, x, matrix, first = 0) {
  const width = sums.length;
  const used = [];
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) used.push(i);
  for (let k = 0; k < used.length; k += 8) {
    const row = (n) => (first + (used[k + n] ?? used[k])) * width;
    const factor = (n) => (k + n < used.length ? x[used[k + n]] : 0);
    const [r0, r1, r2, r3] = [row(0), row(1), row(2), row(3)];
    const [r4, r5, r6, r7] = [row(4), row(5), row(6), row(7)];
    const [a0, a1, a2, a3] = [factor(0), factor(1), factor(2), factor(3)];
    const [a4, a5, a6, a7] = [factor(4), factor(5), factor(6), factor(7)];
    for (let j = 0; j < width; j++) {
      sums[j] +=
        a0 * matrix[r0 + j] + a1 * matrix[r1 + j] + a2 * matrix[r2 + j] + a3 * matrix[r3 + j] +
        a4 * matrix[r4 + j] + a5 * matrix[r5 + j] + a6 * matrix[r6 + j] + a7 * matrix[r7 + j];
    }
  }
  return first + x.length;
}

const product = (parts, matrix, bias) => {
  const sums = Float64Array.from(bias);
  let row = 0;
  for (const part of parts) row = addProduct(sums, part, matrix, row);
  return sums;
};

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// New states [h, c] of an LSTM, [h] of a GRU, from inputs in parts; see recurrent.py.
function lstm({ kernel, recurrent_kernel, bias, peephole_kernel: seen }, parts, [h, c]) {
  const sums = product(parts, kernel, bias);
  addProduct(sums, h, recurrent_kernel);
  const units = h.length;
  const peep = (gate, j, cell) => (seen ? seen[gate * units + j] * cell[j] : 0);
  const [output, cell] = [new Float64Array(units), new Float64Array(units)];
  for (let j = 0; j < units; j++) {
    const input = sigmoid(sums[j] + peep(0, j, c));
    const forget = sigmoid(sums[units + j] + peep(1, j, c));
    cell[j] = forget * c[j] + input * Math.tanh(sums[2 * units + j]);
    output[j] = sigmoid(sums[3 * units + j] + peep(2, j, cell)) * Math.tanh(cell[j]);
  }
  return [output, cell];
}

function gru({ kernel, recurrent_kernel, bias }, parts, [h]) {
  const units = h.length;
  const sums = product(parts, kernel, bias.subarray(0, 3 * units));
  const inner = product([h], recurrent_kernel, bias.subarray(3 * units));
  const output = new Float64Array(units);
  for (let j = 0; j < units; j++) {
    const update = sigmoid(sums[j] + inner[j]);
    const reset = sigmoid(sums[units + j] + inner[units + j]);
    const candidate = Math.tanh(sums[2 * units + j] + reset * inner[2 * units + j]);
    output[j] = update * h[j] + (1 - update) * candidate;
  }
  return [output];
}

export class Network {
  // model: what sketch/web/site.py writes of it; tensors: of parseSafetensors.
  constructor(model, tensors) {
    Object.assign(this, model, model.network);
    this.layers = [];
    for (const [name, tensor] of Object.entries(tensors)) {
      const [layer, weight] = name.split("/");
      const number = /^layer_(\d+)$/.exec(layer)?.[1];
      const part = number ? (this.layers[number - 1] ??= {}) : (this[layer] ??= {});
      part[weight] = tensor;
    }
    this.units = this.window.kernel.length / this.window.bias.length;
  }

  // What a pen knows before its first point, of a text in codes; can be cloned.
  begin(codes) {
    const state = () => Array.from({ length: this.cell === "gru" ? 1 : 2 }, () => new Float64Array(this.units));
    const window = new Float64Array(this.alphabet.length + 1);
    window[codes[0]] = 1;
    const kappa = new Float64Array(this.window.bias.length / 3).fill(this.first_kappa);
    return { point: this.first_point, speed: this.first_speed, layers: this.layers.map(state), kappa, window, codes };
  }

  // The raw outputs for the next point; pen.phi is then the window's weights.
  step(pen) {
    const run = this.cell === "gru" ? gru : lstm;
    const before = pen.layers;
    pen.layers = [run(this.layers[0], [pen.point, pen.window], before[0])];
    this.moveWindow(pen);
    for (let n = 1; n < this.layers.length; n++) {
      const parts = [pen.layers[n - 1][0], pen.window];
      if (this.skip || this.top) parts.splice(1, 0, pen.point);
      pen.layers.push(run(this.layers[n], parts, before[n]));
    }
    const seen = pen.layers.map(([output]) => output).slice(this.skip ? 0 : -1);
    if (this.layers.length === 1) seen.push(pen.window);
    return product(seen, this.mixture.kernel, this.mixture.bias);
  }

  moveWindow(pen) {
    const raw = product([pen.layers[0][0]], this.window.kernel, this.window.bias);
    const size = pen.kappa.length;
    const [alpha, beta, move] = [0, 1, 2].map((part) =>
      raw.subarray(part * size, (part + 1) * size).map((x) => Math.exp(Math.min(x, MAX_LOGARITHM))),
    );
    pen.kappa = pen.kappa.map((kappa, k) => kappa + move[k]);
    pen.window = new Float64Array(this.alphabet.length + 1);
    pen.phi = pen.codes.map((code, u) => {
      let weight = 0;
      pen.kappa.forEach((kappa, k) => (weight += alpha[k] * Math.exp(-beta[k] * (kappa - u - 1) ** 2)));
      pen.window[code] += weight;
      return weight;
    });
  }

  // Moves the pen to its next point [dx, dy, end of stroke]: `given`, or drawn from noise
  // [uniform, normal, normal, uniform] at a bias, which fades as the pen slows down.
  write(pen, bias, noise, given = null) {
    const outputs = this.step(pen);
    const [slow, moving] = this.slow_speeds;
    const share = Math.min(Math.max((pen.speed - slow) / (moving - slow), 0), 1);
    pen.point = given ?? this.draw(outputs, share * bias, noise);
    const [x, y] = this.first_point;
    const way = Math.hypot(pen.point[0] - x, pen.point[1] - y);
    pen.speed = this.speed_memory * pen.speed + (1 - this.speed_memory) * way;
    return pen.point;
  }

  draw(outputs, bias, [pick, normalX, normalY, lift]) {
    const size = (outputs.length - 1) / 6;
    const [weights, xs, ys, logX, logY, rhos] = [0, 1, 2, 3, 4, 5].map((part) =>
      outputs.subarray(1 + part * size, 1 + (part + 1) * size),
    );
    const scale = (logarithm) => Math.exp(logarithm) + this.scale_floor;
    const [nullX, nullY] = this.first_point;
    const [plain, biased] = [softmax(weights, 1), softmax(weights, 1 + bias)];
    let [expected, remaining] = [0, 0]; // E|x|², see _with_steps_of
    const before = plain.map((weight, j) => {
      const squares = (xs[j] - nullX) ** 2 + (ys[j] - nullY) ** 2;
      const size = squares + scale(logX[j]) ** 2 + scale(logY[j]) ** 2;
      expected += weight * size;
      remaining += biased[j] * size;
      return size;
    });
    const ratio = Math.sqrt(expected / Math.max(remaining, 1e-12));
    const threshold = pick * biased.reduce((a, b) => a + b);
    let [j, sum] = [0, biased[0]];
    while (sum <= threshold && j < size - 1) sum += biased[++j];
    const [moveX, moveY] = [xs[j] - nullX, ys[j] - nullY];
    const [scaleX, scaleY] = [scale(logX[j] - bias), scale(logY[j] - bias)];
    const squares = moveX ** 2 + moveY ** 2;
    const lost = before[j] - squares - scaleX ** 2 - scaleY ** 2;
    const stretch =
      Math.sqrt(1 + lost / Math.max(squares, 1e-12)) *
      Math.min(Math.max(ratio, 1 / MAX_STRETCH), MAX_STRETCH);
    const rho = Math.tanh(rhos[j]) * (1 - CORRELATION_MARGIN);
    const across = rho * normalX + Math.sqrt((1 - rho) * (1 + rho)) * normalY;
    return [
      nullX + moveX * stretch + scaleX * normalX,
      nullY + moveY * stretch + scaleY * across,
      lift < sigmoid(outputs[0]) ? 1 : 0,
    ];
  }
}

function softmax(logits, factor) {
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp((logit - highest) * factor));
  const total = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / total);
}
