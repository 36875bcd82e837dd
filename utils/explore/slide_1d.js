import { contract, convLinks, pad } from "./links.js";
import { grid, number } from "./grid.js";
import { BACKWARD, choice, stage, stepper, sum, term } from "./stage.js";

const NS = "http://www.w3.org/2000/svg";

function draw(state, page) {
  const [n, k, s, p] = [state.x.length, state.w.length, state.stride, state.padding];
  const backward = state.direction === "backward";
  const { links, shapes } = convLinks({
    size: [1, n], kernel: [1, k], stride: [1, s], padding: [0, p], dilation: [1, 1], flip: state.flip,
  });
  const [width, outputs] = [shapes.x[1], shapes.y[1]];
  if (outputs < 1) {
    page.board.replaceChildren();
    return page.say(`The filter has ${k} cells, the padded signal only ${width}: it does not fit. Add padding.`, "the filter does not fit");
  }
  const x = pad(state.x, [1, n, 1], [0, p]);
  const w = state.w;
  const dy = Array.from({ length: outputs }, (_, o) => state.grad[o % state.grad.length]);
  const value = {
    x, w, dy,
    y: contract(links, "y", outputs, { x, w }),
    dx: contract(links, "x", width, { w, y: dy }),
    dw: contract(links, "w", k, { x, y: dy }),
  };
  const called = {
    x: (i) => (i < p || i >= n + p ? "padding" : `x[${i - p}]`),
    w: (i) => `w[${i}]`,
    y: (i) => `y[${i}]`,
    dx: (i) => (i < p || i >= n + p ? "d padding" : `dx[${i - p}]`),
    dw: (i) => `dw[${i}]`,
    dy: (i) => `dy[${i}]`,
  };
  const change = (name, shift = 0) => (i, by) => {
    const list = [...state[name]];
    if (i - shift in list) list[i - shift] += by;
    page.set({ [name]: list });
  };
  const make = (id, title, columns, more = {}) =>
    grid({ id, axis: id.at(-1), title, rows: 1, columns, values: value[id], called: called[id], ...more });
  const padding = (i) => (i < p || i >= n + p ? "pad" : "");
  const across = { place: (c) => 2 * c, kind: padding };
  const under = { place: (c) => 2 * c * s + k - 1 }; // an output stands below the middle of its window

  const top = make("x", "x", width, { ...across, edit: change("x", p) });
  const filter = make("w", state.flip ? "w, turned around" : "w", k, { place: (c) => 2 * (state.flip ? k - 1 - c : c), edit: change("w") });
  const wires = document.createElementNS(NS, "svg");
  wires.setAttribute("class", "cnn-wires");
  wires.setAttribute("aria-hidden", "true");
  wires.setAttribute("viewBox", `0 0 ${width * 3} 5`);
  wires.style.width = `${width * 3}em`;
  const grids = backward
    ? [top, make("dx", "dx = ∂L/∂x", width, across), filter, make("dy", "dy = ∂L/∂y, given", outputs, { ...under, edit: change("grad") }), make("dw", "dw = ∂L/∂w", k, { place: (c) => 2 * c })]
    : [top, filter, make("y", "y", outputs, under)];
  const nodes = grids.map((one) => one.node);
  nodes.splice(grids.indexOf(filter) + 1, 0, wires);
  page.board.className = "cnn-board cnn-track";
  page.board.replaceChildren(...nodes);

  const factor = (id, i) => ({ axis: id.at(-1), name: called[id](i), value: value[id][i] });
  const explain = (one, i, linked) => {
    const here = factor(one.id, i);
    const all = (...ids) => linked.map((link) => ids.map((id) => factor(id, link[id.at(-1)])));
    if (one.id === "y") return sum(here, all("x", "w"), value.y[i]);
    if (one.id === "dx" || (backward && one.id === "x")) return gradient(i, sum(factor("dx", i), all("w", "dy"), value.dx[i]));
    if (one.id === "dw" || (backward && one.id === "w")) return sum(factor("dw", i), all("x", "dy"), value.dw[i]);
    if (one.id === "dy") return feeds(here, linked, (l) => [called.dx(l.x), called.w(l.w)], "dy flows back to", "x");
    if (one.id === "x") return feeds(here, linked, (l) => [called.y(l.y), called.w(l.w)], "feeds", "y");
    return feeds(here, linked, (l) => [called.y(l.y), called.x(l.x)], "is used again in", "y");
  };
  const gradient = (i, words) =>
    padding(i) ? [`${words[0]} <small>gradient of a padding zero: computed, then thrown away</small>`, `${words[1]}, thrown away`] : words;

  const after = (one, i, linked) => {
    const first = linked[0];
    const window = one.axis === "y" ? i : first?.y ?? 0;
    filter.node.querySelector(".cnn-cells").style.marginLeft = `${window * s * 3}em`;
    const label = one.axis === "x" || one.id === "dy";
    wires.innerHTML = linked.map((link) => wire(link, s, k, label ? called.w(link.w) : "")).join("");
  };
  page.show({ grids, links, explain, lights: backward ? BACKWARD : {}, after, first: [backward ? "dx" : "y", backward ? p : 1] });
}

// from input column x to output y, in cells of 3em, with the weight's name on the way
function wire({ x, y }, s, k, name) {
  const [from, to] = [x * 3 + 1.5, (y * s + (k - 1) / 2) * 3 + 1.5];
  const text = name ? `<text x="${to}" y="4.4" text-anchor="middle">${name}</text>` : "";
  return `<path d="M${from} 0 C${from} 2 ${to} 3 ${to} 5"/>${text}`;
}

function feeds(here, linked, pair, verb, axis) {
  if (!linked.length) return [`${term(here.axis, here.name)} is read by no window: the stride jumps over it.`, `${here.name} is read by no window`];
  const list = linked.map(pair);
  const html = list.map(([a, b]) => `${term(axis, a)} <small>through</small> ${term(b[0] === "w" ? "w" : "x", b)}`).join(", ");
  const words = list.map(([a, b]) => `${a} through ${b}`).join(", ");
  return [`${term(here.axis, here.name)} = ${number(here.value)} ${verb} ${html}`, `${here.name} ${verb} ${words}`];
}

export default {
  render(view) {
    stage(view, {
      title: "Slide a filter",
      hint: "Point at a cell, or Tab to a row and walk with the arrow keys. + and − change a number.",
      controls: () => [
        choice("direction", "direction", { forward: "forward", backward: "backward" }),
        stepper("stride", "stride", 1, 5),
        stepper("padding", "padding", 0, 4),
        choice("flip", "orientation of w", { false: "w as it is", true: "w flipped (true convolution)" }),
      ],
      draw,
    });
  },
};
