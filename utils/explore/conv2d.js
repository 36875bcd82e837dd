import { contract, convLinks, inGroup, pad, transposedLinks } from "./links.js";
import { element, grid, number } from "./grid.js";
import { BACKWARD, choice, press, stage, stepper, sum, term } from "./stage.js";

// how many groups the channels and the filters on the page can be cut into
const divisors = ({ channels, filters }) => [1, 2, 3].filter((g) => channels % g === 0 && filters % g === 0);

function draw(state, page) {
  const [height, width] = [state.x.length, state.x[0].length];
  const kernel = [state.w.length, state.w[0].length];
  const { channels: C, filters: D, stride, dilation, transposed } = state;
  const groups = divisors(state).includes(state.groups) ? state.groups : 1;
  const p = transposed ? 0 : state.padding; // transposed, the padding cuts y and x has none
  const backward = state.direction === "backward";
  const both = (value) => [value, value];
  const { links, shapes } = (transposed ? transposedLinks : convLinks)({
    size: [height, width], kernel, channels: C, filters: D, stride: both(stride), padding: both(state.padding), dilation: both(dilation), groups,
  });
  if (shapes.y[0] < 1 || shapes.y[1] < 1) {
    page.board.replaceChildren();
    if (transposed) return page.say("The padding cuts away all of the output: take less.", "the padding cuts away all of the output");
    const span = kernel.map((k) => (k - 1) * dilation + 1).join("×");
    return page.say(`The kernel covers ${span} cells, the padded picture has only ${shapes.x[0]}×${shapes.x[1]}: it does not fit.`, "the kernel does not fit");
  }
  const size = (id) => shapes[id.at(-1)].reduce((a, b) => a * b, 1);
  const x = pad(state.x.flatMap((row) => row.flatMap((cell) => cell.slice(0, C))), [height, width, C], both(p));
  const w = state.w.flatMap((row) => row.flatMap((cell) => cell.slice(0, C).flatMap((one, c) => one.slice(0, D).map((weight, f) => (inGroup(c, f, { channels: C, filters: D, groups }) ? weight : 0)))));
  const dy = Array.from({ length: size("y") }, (_, o) => state.grad[o % state.grad.length]);
  const value = {
    x, w, dy,
    y: contract(links, "y", size("y"), { x, w }),
    dx: contract(links, "x", size("x"), { w, y: dy }),
    dw: contract(links, "w", size("w"), { x, y: dy }),
  };

  // flat index <-> place; channels are named only where there are several
  const place = (axis, i) => {
    const out = [];
    for (const n of [...shapes[axis]].reverse()) {
      out.unshift(i % n);
      i = Math.floor(i / n);
    }
    return out;
  };
  const inside = (i) => {
    const [row, column] = place("x", i);
    return row >= p && row < height + p && column >= p && column < width + p;
  };
  const joined = (i) => inGroup(...place("w", i).slice(2), { channels: C, filters: D, groups });
  const called = (id) => (i) => {
    if (id.at(-1) === "w" && !joined(i)) return "no weight: another group";
    const at = place(id.at(-1), i);
    if (id.at(-1) === "x" && !inside(i)) return "padding";
    const shift = id.at(-1) === "x" ? p : 0;
    const tail = { x: C > 1 ? [at[2]] : [], w: C > 1 || D > 1 ? at.slice(2) : [], y: D > 1 ? [at[2]] : [] }[id.at(-1)];
    return `${id}[${[at[0] - shift, at[1] - shift, ...tail]}]`;
  };
  const edit = {
    x: (i, by) => {
      const [row, column, c] = place("x", i);
      if (inside(i)) state.x[row - p][column - p][c] += by;
      page.set({});
    },
    w: (i, by) => {
      const [a, b, c, f] = place("w", i);
      if (!joined(i)) return;
      state.w[a][b][c][f] += by;
      page.set({});
    },
    dy: (i, by) => {
      state.grad[i % state.grad.length] += by;
      page.set({});
    },
  };

  const grids = [];
  const stack = (id, title) => {
    const axis = id.at(-1);
    const [rows, columns, ...rest] = shapes[axis];
    const layers = rest.reduce((a, b) => a * b, 1);
    const about = { x: (l) => `channel ${l}`, w: (l) => `${Math.floor(l / D)} → ${l % D}`, y: (l) => `filter ${l}` }[axis];
    const nodes = Array.from({ length: layers }, (_, layer) => {
      const one = grid({
        id: `${id}${layer}`, name: id, axis, rows, columns, values: value[id], called: called(id), edit: edit[id],
        title, small: C * D > 1, note: layers > 1 ? about(layer) : `${rows}×${columns}`,
        index: (row, column) => (row * columns + column) * layers + layer,
        kind: (i) => (axis === "x" && !inside(i) ? "pad" : axis === "w" && !joined(i) ? "unread" : ""),
      });
      grids.push(one);
      return one.node;
    });
    const node = element("div", { class: `cnn-stack cnn-stack-${axis}` }, ...nodes);
    if (axis === "w") node.style.gridTemplateColumns = `repeat(${D}, max-content)`;
    return node;
  };
  const column = (...parts) => element("div", { class: "cnn-column" }, ...parts);
  page.board.className = "cnn-board";
  page.board.replaceChildren(
    ...(backward
      ? [
          column(stack("x", "x"), stack("dx", "dx = ∂L/∂x")),
          column(stack("w", "w"), stack("dw", "dw = ∂L/∂w")),
          column(stack("dy", "dy = ∂L/∂y, given")),
        ]
      : [column(stack("x", "x")), column(stack("w", "w")), column(stack("y", "y"))]),
  );

  const factor = (id, i) => ({ axis: id.at(-1), name: called(id)(i), value: value[id][i] });
  const total = (id, i, linked, ...ids) =>
    sum(factor(id, i), linked.map((link) => ids.map((part) => factor(part, link[part.at(-1)]))), value[id][i]);
  const explain = (one, i, linked) => {
    const id = one.name;
    if (id === "y") return total("y", i, linked, "x", "w");
    if (id === "dx" || (backward && id === "x")) {
      const [html, words] = total("dx", i, linked, "w", "dy");
      return inside(i) ? [html, words] : [`${html} <small>a padding zero's gradient: computed, then thrown away</small>`, `${words}, thrown away`];
    }
    if (id.at(-1) === "w" && !joined(i)) return ["This filter has no weight for this channel: they are in different groups.", "no weight: different groups"];
    if (id === "dw" || (backward && id === "w")) return total("dw", i, linked, "x", "dy");
    const through = { x: ["y", "w", "feeds"], w: ["y", "x", "is used again for"], dy: ["dx", "w", "sends gradient back to"] }[id];
    return feeds(factor(id, i), linked, (part, link) => called(part)(link[part.at(-1)]), ...through);
  };
  page.show({ grids, links, explain, lights: backward ? BACKWARD : {}, first: backward ? ["dx0", 0] : ["y0", 0] });
}

function grouping(state) {
  const [now, more] = [divisors(state).includes(state.groups) ? state.groups : 1, divisors(state).at(-1)];
  return press("groups", now === 1 ? "one group" : `${now} groups`, (page) => page.set({ groups: now === 1 ? more : 1 }));
}

function feeds(here, linked, name, to, via, verb) {
  if (!linked.length) return [`No window reads ${term(here.axis, here.name)}: the stride jumps over it.`, `no window reads ${here.name}`];
  const axis = to.at(-1);
  const shown = linked.slice(0, 9).map((link) => [name(to, link), name(via, link)]);
  const more = linked.length > shown.length ? `, … <small>(${linked.length} in all)</small>` : "";
  return [
    `${term(here.axis, here.name)} = ${number(here.value)} ${verb} ${shown.map(([a, b]) => `${term(axis, a)} <small>through</small> ${term(via, b)}`).join(", ")}${more}`,
    `${here.name} ${verb} ${linked.length} cells: ${shown.map(([a, b]) => `${a} through ${b}`).join(", ")}`,
  ];
}

export default {
  render(view) {
    stage(view, {
      title: "Convolution, forward and backward",
      hint: "Point at any cell, or Tab to an array and walk with the arrow keys. + and − change a number.",
      controls: (state) => [
        choice("direction", "direction", { forward: "forward", backward: "backward" }),
        choice("transposed", "kind", { false: "convolution", true: "transposed" }),
        stepper("stride", "stride", 1, 4),
        stepper("padding", "padding", 0, 3),
        stepper("dilation", "dilation", 1, 3),
        ...(state.x[0][0].length > 1 ? [stepper("channels", "channels", 1, state.x[0][0].length)] : []),
        ...(state.w[0][0][0].length > 1 ? [stepper("filters", "filters", 1, state.w[0][0][0].length)] : []),
        ...(divisors(state).length > 1 ? [grouping(state)] : []),
      ],
      draw,
    });
  },
};
