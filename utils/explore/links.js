// a layer is a list of links: output y reads input x through weight w. every number and every lit cell comes from it.
// which places a window reads is no sum of the page's: Python sends the windows of each axis for each setting (links.py)

export const setting = (...numbers) => numbers.join(" ");

// of several groups, each filter has weights for the channels of its own group alone
export function inGroup(c, f, { channels, filters, groups }) {
  return Math.floor((c * groups) / channels) === Math.floor((f * groups) / filters);
}

// rows, columns: for each window down and across, the places it reads in an image of `wide` places. transposed, x and y
// change places. indices are flat, channels last
export function linked({ rows, columns, wide, kernel, channels = 1, filters = 1, groups = 1, transposed = false, flip = false }) {
  const links = [];
  rows.forEach((down, i) =>
    columns.forEach((across, j) =>
      down.forEach((row, a) =>
        across.forEach((column, b) => {
          const [wa, wb] = flip ? [kernel[0] - 1 - a, kernel[1] - 1 - b] : [a, b];
          const [over, under] = [i * columns.length + j, row * wide[1] + column];
          const [y, x] = transposed ? [under, over] : [over, under];
          for (let c = 0; c < channels; c++)
            for (let f = 0; f < filters; f++)
              if (inGroup(c, f, { channels, filters, groups }))
                links.push({ y: y * filters + f, x: x * channels + c, w: ((wa * kernel[1] + wb) * channels + c) * filters + f });
        }))));
  const [y, x] = transposed ? [wide, [rows.length, columns.length]] : [[rows.length, columns.length], wide];
  return { links, shapes: { y: [...y, filters], x: [...x, channels], w: [...kernel, channels, filters] } };
}

// pooling is the same list; its "weights" are gains: 1 for the first maximum and 0 for the others, or a mean's share
export function poolLinks({ x, size, rows, columns, mode }) {
  const kernel = [rows[0].length, columns[0].length];
  const cells = kernel[0] * kernel[1];
  const bare = linked({ rows, columns, wide: size, kernel }).links;
  const links = bare.map(({ x: cell, y }, n) => ({ x: cell, y, w: n }));
  const winner = (y) => links.slice(y * cells, (y + 1) * cells).reduce((best, one) => (x[one.x] > x[best.x] ? one : best));
  const gains = links.map((link) => (mode === "max" ? Number(winner(link.y) === link) : 1 / cells));
  for (const link of links) link.weak = gains[link.w] === 0;
  return { links, gains, shapes: { x: size, y: [rows.length, columns.length] } };
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
