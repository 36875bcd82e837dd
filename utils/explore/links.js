// a layer is a list of links: output y reads input x through weight w. every number and every lit cell comes from it.

export function outputSize(n, kernel, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((n + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

// of several groups, each filter has weights for the channels of its own group alone
export function inGroup(c, f, { channels, filters, groups }) {
  return Math.floor((c * groups) / channels) === Math.floor((f * groups) / filters);
}

// size, kernel, stride, padding, dilation: [rows, columns]. indices are flat, channels last, x counted in its padded form
export function convLinks({ size, kernel, channels = 1, filters = 1, stride, padding, dilation, flip = false, groups = 1 }) {
  const padded = size.map((n, axis) => n + 2 * padding[axis]);
  const out = size.map((n, axis) => outputSize(n, kernel[axis], stride[axis], padding[axis], dilation[axis]));
  const links = [];
  for (let i = 0; i < out[0]; i++)
    for (let j = 0; j < out[1]; j++)
      for (let f = 0; f < filters; f++)
        for (let c = 0; c < channels; c++)
          for (let a = 0; a < kernel[0]; a++)
            for (let b = 0; b < kernel[1]; b++) {
              if (!inGroup(c, f, { channels, filters, groups })) continue;
              const row = i * stride[0] + a * dilation[0];
              const column = j * stride[1] + b * dilation[1];
              const [wa, wb] = flip ? [kernel[0] - 1 - a, kernel[1] - 1 - b] : [a, b];
              links.push({
                y: (i * out[1] + j) * filters + f,
                x: (row * padded[1] + column) * channels + c,
                w: ((wa * kernel[1] + wb) * channels + c) * filters + f,
              });
            }
  return { links, shapes: { x: [...padded, channels], w: [...kernel, channels, filters], y: [...out, filters] } };
}

// transposed, each x paints the kernel into y, times itself: the same links with x and y exchanged, and y cut by the padding
export function transposedLinks({ size, kernel, channels = 1, filters = 1, stride, padding, dilation, groups = 1 }) {
  const out = size.map((n, axis) => (n - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (kernel[axis] - 1) + 1);
  const shapes = { x: [...size, channels], w: [...kernel, channels, filters], y: [...out, filters] };
  if (Math.min(...out) < 1) return { links: [], shapes };
  const back = convLinks({ size: out, kernel, channels: filters, filters: channels, stride, padding, dilation, groups });
  const wide = out[1] + 2 * padding[1];
  const links = back.links.flatMap(({ x, y, w }) => {
    const [row, column, f] = [Math.floor(x / filters / wide) - padding[0], (Math.floor(x / filters) % wide) - padding[1], x % filters];
    if (row < 0 || row >= out[0] || column < 0 || column >= out[1]) return [];
    const [tap, c] = [Math.floor(w / (channels * filters)), w % channels];
    return [{ x: y, w: (tap * channels + c) * filters + f, y: (row * out[1] + column) * filters + f }];
  });
  return { links, shapes };
}

// pooling is the same list; its "weights" are gains: 1 for the first maximum and 0 for the others, or 1/K² for a mean
export function poolLinks({ x, size, kernel, stride, mode }) {
  const out = size.map((n) => outputSize(n, kernel, stride));
  const links = [];
  const gains = [];
  for (let i = 0; i < out[0]; i++)
    for (let j = 0; j < out[1]; j++) {
      const cells = [];
      for (let a = 0; a < kernel; a++)
        for (let b = 0; b < kernel; b++) cells.push((i * stride + a) * size[1] + j * stride + b);
      const best = Math.max(...cells.map((cell) => x[cell]));
      const winner = cells.find((cell) => x[cell] === best);
      for (const cell of cells) {
        const gain = mode === "max" ? Number(cell === winner) : 1 / kernel ** 2;
        links.push({ y: i * out[1] + j, x: cell, w: links.length, weak: gain === 0 });
        gains.push(gain);
      }
    }
  return { links, gains, shapes: { x: size, y: out } };
}

// forward is contract(links, "y", …, {x, w}); the gradients are the same sum read from the other ends:
// contract(links, "x", …, {w, y: dy}) and contract(links, "w", …, {x, y: dy})
export function contract(links, target, length, factors) {
  const total = new Array(length).fill(0);
  const given = Object.entries(factors);
  for (const link of links) {
    let product = 1;
    for (const [axis, values] of given) product *= values[link[axis]];
    total[link[target]] += product;
  }
  return total;
}

export function pad(values, [rows, columns, channels], [top, left]) {
  const width = columns + 2 * left;
  const out = new Array((rows + 2 * top) * width * channels).fill(0);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let c = 0; c < channels; c++)
        out[((i + top) * width + j + left) * channels + c] = values[(i * columns + j) * channels + c];
  return out;
}

// BatchNorm of one channel, and its gradient in the three steps that the picture shows
export function batchNorm(x, gamma, beta, eps) {
  const m = x.length;
  const mean = x.reduce((a, b) => a + b, 0) / m;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / m;
  const hat = x.map((value) => (value - mean) / Math.sqrt(variance + eps));
  return { mean, variance, hat, y: hat.map((value) => gamma * value + beta) };
}

export function batchNormGradient(dy, { hat, variance }, gamma, eps) {
  const m = dy.length;
  const mean = dy.reduce((a, b) => a + b, 0) / m;
  const slope = dy.reduce((a, b, i) => a + b * hat[i], 0) / m;
  const scale = gamma / Math.sqrt(variance + eps);
  return { mean, slope, scale, dx: dy.map((value, i) => scale * (value - mean - hat[i] * slope)) };
}

// one recurrent neuron: every state is made of its input and of the state before, with the same two weights
export function unrolled({ x, wx, wh, tanh }) {
  const h = [];
  x.forEach((one, t) => {
    const sum = wx * one + wh * (h[t - 1] ?? 0);
    h.push(tanh ? Math.tanh(sum) : sum);
  });
  return h;
}

// backward through time: dh, what reaches each state; inside, what is left of it before the tanh; what each use of wh gets
export function unrolledGradient({ h, wh, tanh, given }) {
  const [dh, inside] = [new Array(h.length), new Array(h.length)];
  for (let t = h.length - 1; t >= 0; t--) {
    dh[t] = given[t] + (t + 1 < h.length ? wh * inside[t + 1] : 0);
    inside[t] = dh[t] * (tanh ? 1 - h[t] ** 2 : 1);
  }
  return { dh, inside, uses: inside.map((one, t) => one * (h[t - 1] ?? 0)) };
}
