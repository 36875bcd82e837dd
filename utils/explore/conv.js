import { contract, inGroup, linked, pad, setting } from "./links.js";
import { element, grid, number } from "./grid.js";
import { choice, press, stage, stepper, sum, term } from "./stage.js";

// a layer has three places, for x, w and y, and links between them. what is computed stands in one place, and is made
// of what stands in the other two: the same links, read from another end. as a matrix, it is made from `from` through `by`
const READINGS = {
  y: { places: ["x", "w", "y"], from: "x", by: "w", matrix: "W" },
  dx: { places: ["dx", "w", "dy"], from: "dy", by: "w", matrix: "Wᵀ" },
  dw: { places: ["x", "dw", "dy"], from: "dy", by: "x", matrix: "a row for each weight" },
};
const TITLES = { dx: "dx = ∂L/∂x", dw: "dw = ∂L/∂w", dy: "dy = ∂L/∂y, given" };
const MOST = [40, 64]; // rows and columns of a matrix that has room
const NS = "http://www.w3.org/2000/svg";
const length = (shape) => shape.reduce((a, b) => a * b, 1);

// how many groups the channels and the filters on the page can be cut into
const divisors = ({ channels, filters }) => [1, 2, 3].filter((g) => channels % g === 0 && filters % g === 0);
const groupsOf = (state) => (divisors(state).includes(state.groups) ? state.groups : 1);

// the links, and every array by name; pads: the padding down and across, which lies around x, or transposed around y
function layerOf(state) {
  const { channels: C, filters: D, stride, dilation, padding } = state;
  const [size, kernel] = [[state.x.length, state.x[0].length], [state.w.length, state.w[0].length]];
  const transposed = state.kind === "transposed";
  const key = transposed ? setting(stride, dilation) : setting(stride, dilation, padding);
  const [rows, columns] = state.windows.map((lists) => lists[transposed ? "transposed" : "convolution"][key]);
  if (!rows.length || !columns.length) return null;
  const pads = [state.one_axis ? 0 : padding, padding];
  const wide = transposed ? [rows, columns].map((all) => all.at(-1).at(-1) + 1) : size.map((n, axis) => n + 2 * pads[axis]);
  const kept = wide.map((n, axis) => n - 2 * pads[axis]);
  if (Math.min(...kept) < 1) return null;
  const share = { channels: C, filters: D, groups: groupsOf(state) };
  const { links, shapes } = linked({ rows, columns, wide, kernel, ...share, transposed, flip: state.kind === "flipped" });
  const image = state.x.flatMap((row) => row.flatMap((cell) => cell.slice(0, C)));
  const x = transposed ? image : pad(image, [...size, C], pads);
  const w = state.w.flatMap((row) => row.flatMap((cell) => cell.slice(0, C).flatMap((one, c) => one.slice(0, D).map((weight, f) => (inGroup(c, f, share) ? weight : 0)))));
  const grad = Array.from({ length: transposed ? length(kept) * D : length(shapes.y) }, (_, o) => state.grad[o % state.grad.length]);
  const dy = transposed ? pad(grad, [...kept, D], pads) : grad;
  const value = {
    x, w, dy,
    y: contract(links, "y", length(shapes.y), { x, w }),
    dx: contract(links, "x", length(shapes.x), { w, y: dy }),
    dw: contract(links, "w", length(shapes.w), { x, y: dy }),
  };
  return { links, shapes, value, pads, wide, columns, share, padded: transposed ? "y" : "x" };
}

function draw(state, page) {
  const layer = layerOf(state);
  if (!layer) {
    page.board.replaceChildren();
    return state.kind === "transposed"
      ? page.say("The padding cuts away all of the output: take less.", "the padding cuts away all of the output")
      : page.say("The kernel does not fit: it is longer than x with its padding. Add padding, or take less dilation.", "the kernel does not fit");
  }
  const { links, shapes, value, pads, wide, columns, share, padded } = layer;
  const { channels: C, filters: D } = state;
  const made = state.reading;
  const { places, from, by, matrix } = READINGS[made];
  const third = (name, other) => places.find((one) => one !== name && one !== other);

  // flat index <-> place; channels are named only where there are several
  const place = (axis, i) => {
    const out = [];
    for (const n of [...shapes[axis]].reverse()) {
      out.unshift(i % n);
      i = Math.floor(i / n);
    }
    return out;
  };
  const inside = (name, i) => name.at(-1) !== padded || place(padded, i).slice(0, 2).every((at, axis) => at >= pads[axis] && at < wide[axis] - pads[axis]);
  const joined = (i) => inGroup(...place("w", i).slice(2), share);
  const called = (name) => (i) => {
    const axis = name.at(-1);
    if (axis === "m") return `row ${Math.floor(i / value[from].length)}, column ${i % value[from].length}`;
    if (axis === "w" && !joined(i)) return "no weight: another group";
    if (!inside(name, i)) return padded === "y" ? `${name}, cut away` : "padding";
    const [row, column, ...rest] = place(axis, i);
    const [top, left] = axis === padded ? pads : [0, 0];
    const layers = { x: C > 1, w: C * D > 1, y: D > 1 }[axis] ? rest : [];
    return `${name}[${[...(state.one_axis ? [] : [row - top]), column - left, ...layers]}]`;
  };
  const change = (list, i, by) => {
    list[i] += by;
    page.set({});
  };
  const edit = {
    x: (i, by) => {
      const [row, column, c] = place("x", i);
      const [top, left] = padded === "x" ? pads : [0, 0];
      if (inside("x", i)) change(state.x[row - top][column - left], c, by);
    },
    w: (i, by) => {
      const [a, b, c, f] = place("w", i);
      if (joined(i)) change(state.w[a][b][c], f, by);
    },
    dy: (i, by) => {
      const before = value.dy.slice(0, i).filter((_, o) => inside("dy", o)).length;
      if (inside("dy", i)) change(state.grad, before % state.grad.length, by);
    },
  };

  const tint = (i) => `hsl(${Math.round((i * 360) / value[by].length)} 70% 50% / 0.22)`;
  const turned = (name) => state.kind === "flipped" && name.at(-1) === "w";
  const grids = [];
  const table = (name, layerOfMany, many, more = {}) => {
    const axis = name.at(-1);
    const [rows, across] = shapes[axis];
    const about = { x: (l) => `channel ${l}`, w: (l) => `${Math.floor(l / D)} → ${l % D}`, y: (l) => `filter ${l}` }[axis];
    const one = grid({
      id: `${name}${layerOfMany}`, name, axis, rows, columns: across, values: value[name], called: called(name), edit: edit[name],
      title: `${TITLES[name] ?? name}${turned(name) ? ", turned around" : ""}`, small: C * D > 1,
      note: many > 1 ? about(layerOfMany) : state.one_axis ? "" : `${rows}×${across}`,
      index: (row, column) => (turned(name) ? (rows - 1 - row) * across + across - 1 - column : row * across + column) * many + layerOfMany,
      kind: (i) => (!inside(name, i) ? "pad" : axis === "w" && !joined(i) ? "unread" : ""), ...more,
    });
    grids.push(one);
    return one;
  };
  const stack = (name) => {
    const many = length(shapes[name.at(-1)].slice(2));
    const tinted = state.matrix && name === by ? { tint } : {};
    const node = element("div", { class: `cnn-stack cnn-stack-${name.at(-1)}` }, ...Array.from({ length: many }, (_, l) => table(name, l, many, tinted).node));
    if (name.at(-1) === "w") node.style.gridTemplateColumns = `repeat(${D}, max-content)`;
    return node;
  };

  let after;
  page.board.className = `cnn-board ${state.one_axis && !state.matrix ? "cnn-track" : ""}`;
  if (state.matrix) page.board.replaceChildren(element("div", { class: "cnn-stack" }, ...places.map(stack)), product());
  else if (state.one_axis) after = track();
  else page.board.replaceChildren(...places.map((name) => element("div", { class: "cnn-column" }, stack(name))));

  // the arrays in one line each, and the matrix between them
  function product() {
    const [rows, across] = [value[made].length, value[from].length];
    if (rows > MOST[0] || across > MOST[1]) return element("p", {}, `As a matrix this has ${rows} rows and ${across} columns, too many to look at: take fewer channels, less padding, or more stride.`);
    for (const link of links) link.m = link[made.at(-1)] * across + link[from.at(-1)];
    const through = new Map(links.map((link) => [link.m, link[by.at(-1)]]));
    value.m = contract(links, "m", rows * across, { [by.at(-1)]: value[by] });
    const line = (id, name, title, high, long, more = {}) => {
      const one = grid({ id, name, axis: name.at(-1), title, rows: high, columns: long, values: value[name], called: called(name), compact: true, ...more });
      grids.push(one);
      return one.node;
    };
    const cells = { note: `${rows}×${across}`, tint: (i) => (through.has(i) ? tint(through.get(i)) : "transparent"), kind: (i) => (through.has(i) ? "" : "zero") };
    return element("div", { class: "cnn-product" },
      line(`${from}-line`, from, state.one_axis ? from : `${from}, flattened`, 1, across), element("i"),
      line("m", "m", matrix, rows, across, cells), line(`${made}-line`, made, `= ${made}`, rows, 1));
  }

  // a signal: x on top, y below the middle of its windows, w in between, at the window that is looked at
  function track() {
    const middle = (o) => columns[o][0] + columns[o].at(-1); // in half cells
    const spread = { place: (c) => 2 * c };
    const under = { place: middle };
    const tops = { x: padded === "x" ? spread : under, w: { place: (c) => 2 * c * state.dilation }, y: padded === "y" ? spread : under };
    const [top, filter, bottom] = places.map((name) => table(name, 0, 1, tops[name.at(-1)]));
    const wires = document.createElementNS(NS, "svg");
    wires.setAttribute("class", "cnn-wires");
    wires.setAttribute("aria-hidden", "true");
    wires.setAttribute("viewBox", `0 0 ${wide[1] * 3} 5`);
    wires.style.width = `${wide[1] * 3}em`;
    page.board.replaceChildren(top.node, filter.node, wires, bottom.node);
    const at = (axis, i) => 1.5 * (axis === padded ? 2 * i : middle(i)) + 1.5;
    return (one, i, linked) => {
      const window = linked[0]?.[padded === "x" ? "y" : "x"] ?? 0;
      filter.node.querySelector(".cnn-cells").style.marginLeft = `${columns[window][0] * 3}em`;
      wires.innerHTML = linked.map((link) => wire(at("x", link.x), at("y", link.y), called("w")(link.w), one.axis)).join("");
    };
  }

  const factor = (name, i) => ({ axis: name.at(-1), name: called(name)(i), value: value[name][i] });
  const explain = (one, i, linked) => {
    const name = one.name;
    if (name === "m") return cell(i);
    if (name.at(-1) === "w" && !joined(i)) return ["This filter has no weight for this channel: they are in different groups.", "no weight: different groups"];
    if (name !== made) return leads(factor(name, i), linked, called(made), called(third(name, made)), made.at(-1), third(name, made).at(-1));
    const others = places.filter((other) => other !== made);
    const [html, words] = sum(factor(made, i), linked.map((link) => others.map((other) => factor(other, link[other.at(-1)]))), value[made][i]);
    const why = !inside(made, i) ? (made === "y" ? "computed, then cut away by the padding" : "a padding zero's gradient: computed, then thrown away") : linked.length ? "" : "the stride jumps over it: no window reads it";
    return why ? [`${html} <small>${why}</small>`, `${words}; ${why}`] : [html, words];
  };
  const cell = (i) => {
    const [row, column] = [Math.floor(i / value[from].length), i % value[from].length];
    const [to, source] = [factor(made, row), factor(from, column)];
    const link = links.find((one) => one.m === i);
    if (!link) return [`<b>0</b>: no link between ${term(to.axis, to.name)} and ${term(source.axis, source.name)}`, `zero: no link between ${to.name} and ${source.name}`];
    const through = factor(by, link[by.at(-1)]);
    const words = `${through.name}, ${number(through.value)}, between ${source.name} and ${to.name}`;
    return [`${term(through.axis, through.name)} = <b>${number(through.value)}</b>, between ${term(source.axis, source.name)} and ${term(to.axis, to.name)}`, words];
  };
  const related = (one, i) => (one.axis === "m" ? { [made.at(-1)]: [Math.floor(i / value[from].length)], [from.at(-1)]: [i % value[from].length] } : {});
  // not at the very edge, where padding is and windows are cut
  const edge = made.at(-1) === padded ? pads : [0, 0];
  const [row, column] = shapes[made.at(-1)].slice(0, 2).map((n, axis) => (made === "dw" ? 0 : Math.min(edge[axis] + 1, n - 1)));
  const first = (row * shapes[made.at(-1)][1] + column) * length(shapes[made.at(-1)].slice(2));
  page.show({ grids, links, explain, related, after, first: [`${made}0`, first] });
}

// from an input to an output; the weight's name stands at the end that is not pointed at
function wire(from, to, name, pointed) {
  const [label, high] = pointed === "x" ? [to, 4.5] : [from, 1.2];
  const text = pointed === "w" ? "" : `<text x="${label}" y="${high}" text-anchor="middle">${name}</text>`;
  return `<path d="M${from} 0 C${from} 2 ${to} 3 ${to} 5"/>${text}`;
}

// where a given number goes, and with what it is multiplied on the way
function leads(here, linked, to, via, axis, other) {
  if (!linked.length) return [`No window reads ${term(here.axis, here.name)}: the stride jumps over it.`, `no window reads ${here.name}`];
  const shown = linked.slice(0, 9).map((link) => [to(link[axis]), via(link[other])]);
  const more = linked.length > shown.length ? `, … <small>(${linked.length} in all)</small>` : "";
  const by = other === "w" ? "through" : "with";
  return [
    `${term(here.axis, here.name)} = ${number(here.value)} leads to ${shown.map(([a, b]) => `${term(axis, a)} <small>${by}</small> ${term(other, b)}`).join(", ")}${more}`,
    `${here.name} leads to ${linked.length} cells: ${shown.map(([a, b]) => `${a} ${by} ${b}`).join(", ")}`,
  ];
}

function grouping(state) {
  const [now, more] = [groupsOf(state), divisors(state).at(-1)];
  return press("groups", now === 1 ? "one group" : `${now} groups`, (page) => page.set({ groups: now === 1 ? more : 1 }));
}

export default {
  render(view) {
    stage(view, {
      title: "A convolution and its links",
      hint: "Point at any cell, or Tab to an array and walk with the arrow keys. + and − change a number.",
      controls: (state) => [
        choice("reading", "what is computed", { y: "forward: y", dx: "backward: dx", dw: "backward: dw" }),
        choice("matrix", "view", { false: "windows", true: "matrix" }),
        choice("kind", "kind", { convolution: "convolution", flipped: "true convolution", transposed: "transposed" }),
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
