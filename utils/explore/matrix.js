import { contract, convLinks, pad } from "./links.js";
import { element, grid, number } from "./grid.js";
import { choice, stage, stepper, sum, term } from "./stage.js";

function draw(state, page) {
  const size = [state.x.length, state.x[0].length];
  const kernel = [state.w.length, state.w[0].length];
  const rowPad = state.one_axis ? 0 : state.padding;
  const padding = [rowPad, state.padding];
  const backward = state.direction === "backward";
  const { links: bare, shapes } = convLinks({
    size, kernel, stride: [state.one_axis ? 1 : state.stride, state.stride], padding, dilation: [1, 1],
  });
  const [inputs, outputs, weights] = ["x", "y", "w"].map((axis) => shapes[axis].reduce((a, b) => a * b, 1));
  const links = bare.map((link) => ({ ...link, m: link.y * inputs + link.x }));
  const x = pad(state.x.flat(), [...size, 1], padding);
  const w = state.w.flat();
  const dy = Array.from({ length: outputs }, (_, o) => state.grad[o % state.grad.length]);
  const m = contract(links.map((link) => ({ ...link })), "m", outputs * inputs, { w });
  const value = {
    x, w, dy, m,
    y: contract(links, "y", outputs, { x, w }),
    dx: contract(links, "x", inputs, { w, y: dy }),
  };

  const inside = (i) => {
    const [row, column] = [Math.floor(i / shapes.x[1]), i % shapes.x[1]];
    return row >= padding[0] && row < size[0] + padding[0] && column >= padding[1] && column < size[1] + padding[1];
  };
  const at = (axis, i) => {
    const columns = shapes[axis][1];
    const shift = axis === "x" ? padding : [0, 0];
    const place = [Math.floor(i / columns) - shift[0], (i % columns) - shift[1]];
    return state.one_axis ? `[${place[1]}]` : `[${place}]`;
  };
  const called = (id) => (i) => {
    if (id === "m") return `row ${Math.floor(i / inputs)}, column ${i % inputs}`;
    return id.at(-1) === "x" && !inside(i) ? "padding" : `${id}${at(id.at(-1), i)}`;
  };
  const tint = (i) => `hsl(${Math.round((i * 360) / weights)} 70% 50% / 0.22)`;
  const weightAt = new Map(links.map((link) => [link.m, link.w]));

  const grids = [];
  const make = (id, title, rows, columns, more = {}) => {
    const name = more.name ?? id;
    const one = grid({
      id, axis: name.at(-1), title, rows, columns, values: value[name], called: called(name),
      kind: (i) => (name.at(-1) === "x" && !inside(i) ? "pad" : ""), ...more,
    });
    grids.push(one);
    return one.node;
  };
  const picture = (name, title) => make(name, title, shapes[name.at(-1)][0], shapes[name.at(-1)][1], { note: shapes[name.at(-1)].slice(0, 2).join("×") });
  const [given, made] = backward ? ["dy", "dx"] : ["x", "y"];
  const titles = { x: "x", y: "y", dy: "dy, given", dx: "dx" };
  const window = element(
    "div", { class: "cnn-stack" },
    picture(given, titles[given]),
    make("w", "w", kernel[0], kernel[1], {
      tint, edit: (i, by) => {
        state.w[Math.floor(i / kernel[1])][i % kernel[1]] += by;
        page.set({});
      },
    }),
    picture(made, titles[made]),
  );

  // the same arrays once more, in one line each: the matrix stands between them
  const line = { compact: true };
  const [rows, columns] = backward ? [inputs, outputs] : [outputs, inputs];
  const matrix = make("m", backward ? "Wᵀ" : "W", rows, columns, {
    ...line, note: `${rows}×${columns}`,
    index: backward ? (row, column) => column * inputs + row : undefined,
    tint: (i) => (weightAt.has(i) ? tint(weightAt.get(i)) : "transparent"),
    kind: (i) => (weightAt.has(i) ? "" : "zero"),
  });
  const across = make(`${given}-line`, `${given}, flattened`, 1, columns, { ...line, name: given });
  const down = make(`${made}-line`, `= ${made}`, rows, 1, { ...line, name: made });
  page.board.className = "cnn-board";
  page.board.replaceChildren(window, element("div", { class: "cnn-product" }, across, element("i"), matrix, down));

  const factor = (id, i) => ({ axis: id.at(-1), name: called(id)(i), value: value[id][i] });
  const explain = (one, i, linked) => {
    if (one.axis === "m") return cell(i);
    const here = factor(one.name, i);
    if (one.name === made) {
      return sum(here, linked.map((link) => [factor("w", link.w), factor(given, link[given.at(-1)])]), value[made][i]);
    }
    const what = one.axis === "w" ? "cells of the matrix" : `non-zero cells in column ${i} of ${backward ? "Wᵀ" : "W"}`;
    const text = `fills ${linked.length} ${what}`;
    return [`${term(here.axis, here.name)} = ${number(here.value)} ${one.axis === "w" ? "" : "meets"} ${one.axis === "w" ? text : text.replace("fills ", "")}`, `${here.name} ${text}`];
  };
  const cell = (i) => {
    const [o, input] = [Math.floor(i / inputs), i % inputs];
    const [y, from] = [factor("y", o).name, factor("x", input).name];
    const name = backward ? `Wᵀ[${input}, ${o}]` : `W[${o}, ${input}]`;
    if (!weightAt.has(i)) {
      return [`${name} = <b>0</b>: the window of ${term("y", y)} does not cover ${term("x", from)}`, `zero: the window of ${y} does not cover ${from}`];
    }
    const weight = factor("w", weightAt.get(i));
    return [
      `${name} = ${term("w", weight.name)} = <b>${number(weight.value)}</b>: the weight between ${term("x", from)} and ${term("y", y)}`,
      `${name} is ${weight.name}, ${number(weight.value)}, between ${from} and ${y}`,
    ];
  };
  const related = (one, i) => (one.axis === "m" ? { x: [i % inputs], y: [Math.floor(i / inputs)] } : {});
  page.show({ grids, links, explain, related, first: [made, 0] });
}

export default {
  render(view) {
    stage(view, {
      title: "A convolution is a matrix",
      hint: "The same cell is lit in the window and in the matrix. Point, or Tab to an array and use the arrow keys.",
      controls: ({ w, x }) => [
        choice("direction", "direction", { forward: "forward: y = W x", backward: "backward: dx = Wᵀ dy" }),
        stepper("stride", "stride", 1, 4),
        stepper("padding", "padding", 0, x.length + w.length > 9 ? 1 : 2),
      ],
      draw,
    });
  },
};
