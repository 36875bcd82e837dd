// a layer is a list of links: output y reads input x through weight w. every number and every lit cell comes from it.
// Python has made the list of each axis, for each setting (links.py); a layer's links are what all its axes allow together.
// cells: for each place where its number stands in the array; null is in it where there is none
export function join(axes) {
  let links = [{ y: 0, x: 0, w: 0 }];
  const cells = { y: [[]], x: [[]], w: [[]] };
  for (const axis of axes) {
    const then = (one, letter, at) => one[letter] * axis[letter].length + at;
    links = links.flatMap((one) => axis.links.map(([y, x, w]) => ({ y: then(one, "y", y), x: then(one, "x", x), w: then(one, "w", w) })));
    for (const letter of "yxw") cells[letter] = cells[letter].flatMap((cell) => axis[letter].map((at) => [...cell, ...at]));
  }
  return { links, cells };
}

export const setting = (...parts) => parts.join(" ");
export const inside = (cell) => !cell.includes(null);
export const within = (array, cell) => cell.reduce((inner, at) => inner[at], array);

// forward is contract(links, "y", …, {x, w}); the gradients are the same sum read from the other ends:
// contract(links, "x", …, {w, y: dy}) and contract(links, "w", …, {x, y: dy})
export function contract(links, target, length, factors) {
  const total = new Array(length).fill(0);
  const given = Object.entries(factors);
  for (const link of links) {
    let product = 1;
    for (const [letter, values] of given) product *= values[link[letter]];
    total[link[target]] += product;
  }
  return total;
}
