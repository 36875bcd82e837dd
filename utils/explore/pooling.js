import { contract, join, setting } from "./links.js";
import { element, grid, number } from "./grid.js";
import { choice, stage, stepper, sum, term } from "./stage.js";

// the links, each with a weight of its own: all of it for the first maximum of a window and nothing for the others, or a
// mean's share. and every array by name
function layerOf(state) {
  const { kernel_size: kernel, stride, mode } = state;
  const axes = state.axes.map((lists) => lists[setting(kernel, stride)]);
  const { links, cells } = join(axes);
  const x = state.x.flat();
  const first = [];
  for (const link of links) if (!first[link.y] || x[link.x] > x[first[link.y].x]) first[link.y] = link;
  links.forEach((link, n) => Object.assign(link, { w: n, weak: mode === "max" && first[link.y] !== link }));
  const w = links.map((link) => (mode === "max" ? Number(!link.weak) : 1 / kernel ** 2));
  const dy = cells.y.map((_, o) => state.dy[o % state.dy.length]);
  const [y, dx] = [contract(links, "y", dy.length, { x, w }), contract(links, "x", x.length, { y: dy, w })];
  const shapes = { x: axes.map((axis) => axis.x.length), y: axes.map((axis) => axis.y.length) };
  return { links, shapes, value: { x, y, dx, dy } };
}

function draw(state, page) {
  const { kernel_size: kernel, mode } = state;
  const { links, shapes, value } = layerOf(state);
  const { x, dy } = value;
  const backward = state.direction === "backward";
  const read = new Set(links.map((link) => link.x));
  const wins = new Set(mode === "max" ? links.filter((link) => !link.weak).map((link) => link.x) : []);
  const called = (id) => (i) => `${id}[${Math.floor(i / shapes[id.at(-1)][1])},${i % shapes[id.at(-1)][1]}]`;
  const kind = (i) => `${read.has(i) ? "" : "unread"} ${wins.has(i) ? "wins" : ""}`;

  const edit = {
    x: (i, by) => {
      state.x[Math.floor(i / shapes.x[1])][i % shapes.x[1]] += by;
      page.set({});
    },
    dy: (i, by) => {
      state.dy[i % state.dy.length] += by;
      page.set({});
    },
  };
  const make = (id, title) => {
    const [rows, columns] = shapes[id.at(-1)];
    const axis = id.at(-1);
    return grid({
      id, axis, title, note: `${rows}×${columns}`, rows, columns, values: value[id], called: called(id),
      kind: axis === "x" ? kind : undefined, edit: edit[id],
    });
  };
  const grids = backward
    ? [make("x", "x"), make("y", "y"), make("dx", "dx = ∂L/∂x"), make("dy", "dy = ∂L/∂y, given")]
    : [make("x", "x"), make("y", "y")];
  const column = (...parts) => element("div", { class: "cnn-column" }, ...parts.map((one) => one.node));
  page.board.className = "cnn-board";
  page.board.replaceChildren(...(backward ? [column(grids[0], grids[2]), column(grids[1], grids[3])] : [column(grids[0]), column(grids[1])]));

  const factor = (id, i) => ({ axis: id.at(-1), name: called(id)(i), value: value[id][i] });
  const explain = (one, i, linked) => {
    const winner = linked.find((link) => !link.weak);
    if (one.id === "y" || one.id === "dy") return mode === "max" ? maximum(one, i, linked, winner) : mean(one, i, linked);
    if (!linked.length) {
      return [`No window reads ${term("x", called("x")(i))}: its gradient is 0.`, `no window reads ${called("x")(i)}; its gradient is 0`];
    }
    if (backward) {
      const carries = linked.filter((link) => !link.weak);
      const share = mode === "max" ? [] : [{ axis: "w", name: `1/${kernel ** 2}`, value: 1 / kernel ** 2 }];
      const [html, words] = sum(factor("dx", i), carries.map((link) => [...share, factor("dy", link.y)]), value.dx[i]);
      const lost = linked.length - carries.length;
      const windows = (n) => `${n} window${n === 1 ? "" : "s"}`;
      const why = mode === "max" ? `it wins ${windows(carries.length)} and loses ${lost}` : `it is in ${windows(carries.length)}`;
      return [`${html} <small>(${why})</small>`, `${words}; ${why}`];
    }
    const list = linked.map((link) => `${term("y", called("y")(link.y))}${link.weak ? " <small>(not the maximum)</small>" : ""}`);
    const words = linked.map((link) => `${called("y")(link.y)}${link.weak ? ", not the maximum" : ""}`);
    return [`${term("x", called("x")(i))} = ${number(x[i])} is read for ${list.join(", ")}`, `${called("x")(i)} is read for ${words.join(", ")}`];
  };
  const maximum = (one, o, linked, winner) => {
    const ties = linked.filter((link) => x[link.x] === x[winner.x]).length;
    const tie = ties > 1 ? ` A tie of ${ties}: the first one in row order takes it all.` : "";
    const from = called("x")(winner.x);
    const numbers = linked.map((link) => number(x[link.x])).join(", ");
    if (one.id === "dy") {
      const text = `goes whole to dx${from.slice(1)}, where the maximum was`;
      return [`${term("y", called("dy")(o))} = ${number(dy[o])} ${text}.<small>${tie}</small>`, `${called("dy")(o)} ${text}.${tie}`];
    }
    return [
      `${term("y", called("y")(o))} = max(${numbers}) = <b>${number(value.y[o])}</b>, from ${term("x", from)}.<small>${tie}</small>`,
      `${called("y")(o)} is the maximum of ${numbers}: ${number(value.y[o])}, from ${from}.${tie}`,
    ];
  };
  const mean = (one, o, linked) => {
    if (one.id === "dy") {
      const text = `is shared: each of the ${linked.length} cells of its window gets ${number(dy[o])}/${linked.length} = ${number(dy[o] / linked.length)}`;
      return [`${term("y", called("dy")(o))} = ${number(dy[o])} ${text}`, `${called("dy")(o)} ${text}`];
    }
    const numbers = linked.map((link) => number(x[link.x])).join(" + ");
    return [
      `${term("y", called("y")(o))} = (${numbers}) / ${linked.length} = <b>${number(value.y[o])}</b>`,
      `${called("y")(o)} is the mean of ${linked.length} cells: ${number(value.y[o])}`,
    ];
  };
  page.show({ grids, links, explain, first: "y" });
}

export default {
  render(view) {
    stage(view, {
      title: "Pooling, and the gradient's way back",
      hint: "A corner mark shows a maximum, hatching a cell that no window reads. Point, or Tab and walk with the arrow keys.",
      controls: ({ x }) => [
        choice("direction", "direction", { forward: "forward", backward: "backward" }),
        choice("mode", "mode", { max: "max", average: "average" }),
        stepper("kernel_size", "window", 1, Math.min(x.length, x[0].length, 5)),
        stepper("stride", "stride", 1, 6),
      ],
      draw,
    });
  },
};
