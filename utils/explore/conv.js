import { contract, inside, join, setting, within } from "./links.js";
import { element, grid, number, svg } from "./grid.js";
import { choice, press, stage, stepper, sum, term } from "./stage.js";

const TITLES = { dx: "dx = ∂L/\u2060∂x", dw: "dw = ∂L/\u2060∂w", dy: "dy = ∂L/\u2060∂y, given" };

const groupings = ({ across, channels, filters }) => across[setting(channels, filters)];

// the links, where each place's number stands, and every array by name, in these places
function layerOf(state) {
  const { kind, stride, padding, dilation } = state;
  const chosen = state.axes.map((lists) => lists[setting(kind, stride, padding, dilation)]);
  const { links, cells } = join([...chosen, groupings(state)[state.groups] ?? groupings(state)[1]]);
  const [x, w] = ["x", "w"].map((name) => cells[name].map((cell) => (inside(cell) ? within(state[name], cell) : 0)));
  let given = 0;
  const dy = cells.y.map((cell) => (inside(cell) ? state.dy[given++ % state.dy.length] : 0));
  const value = { x, w, dy };
  for (const [made, { from, by }] of Object.entries(state.readings))
    value[made] = contract(links, made.at(-1), cells[made.at(-1)].length, { [from.at(-1)]: value[from], [by.at(-1)]: value[by] });
  return { links, cells, value, along: chosen.at(-1), down: chosen.at(-2) };
}

function draw(state, page) {
  const { links, cells, value, along, down } = layerOf(state);
  const { channels: C, filters: D } = state;
  const transposed = state.kind === "transposed";
  if (!cells.y.some(inside)) {
    page.board.replaceChildren();
    return transposed
      ? page.say("The padding cuts away all of the output: take less.", "the padding cuts away all of the output")
      : page.say("The kernel does not fit: it is longer than x with its padding. Add padding, or take less dilation.", "the kernel does not fit");
  }
  const made = state.reading;
  const { places, from, by, matrix } = state.readings[made];
  const third = (name, other) => places.find((one) => one !== name && one !== other);

  // channels are named only where there are several
  const several = { x: C > 1, w: C * D > 1, y: D > 1 };
  const called = (name) => (i) => {
    const letter = name.at(-1);
    if (letter === "m") return `row ${Math.floor(i / value[from].length)}, column ${i % value[from].length}`;
    const cell = cells[letter][i];
    if (inside(cell)) return `${name}[${several[letter] ? cell : cell.slice(0, state.axes.length)}]`;
    return { x: "padding", y: `${name}, cut away`, w: "no weight: another group" }[letter];
  };
  const edit = (name) => (i, by) => {
    const cell = cells[name.at(-1)][i];
    if (!inside(cell)) return;
    if (name === "dy") state.dy[cells.y.slice(0, i).filter(inside).length % state.dy.length] += by;
    else within(state[name], cell.slice(0, -1))[cell.at(-1)] += by;
    page.set({});
  };

  const tint = (i) => `hsl(${Math.round((i * 360) / value[by].length)} 70% 50% / 0.22)`;
  const grids = [];
  const table = (name, layerOfMany, many, more = {}) => {
    const axis = name.at(-1);
    const [rows, across] = [down ? down[axis].length : 1, along[axis].length];
    const about = { x: (l) => `channel ${l}`, w: (l) => `${Math.floor(l / D)} → ${l % D}`, y: (l) => `filter ${l}` }[axis];
    const one = grid({
      id: `${name}${layerOfMany}`, name, axis, rows, columns: across, values: value[name], called: called(name), edit: name in state ? edit(name) : undefined,
      title: `${TITLES[name] ?? name}${state.kind === "flipped" && axis === "w" ? ", turned around" : ""}`, small: C * D > 1,
      note: many > 1 ? about(layerOfMany) : down ? `${rows}×${across}` : "",
      index: (row, column) => (row * across + column) * many + layerOfMany,
      kind: (i) => (inside(cells[axis][i]) ? "" : axis === "w" ? "unread" : "pad"), ...more,
    });
    grids.push(one);
    return one;
  };
  const stack = (name) => {
    const many = { x: C, w: C * D, y: D }[name.at(-1)];
    const tinted = state.matrix && name === by ? { tint } : {};
    const node = element("div", { class: `cnn-stack cnn-stack-${name.at(-1)}` }, ...Array.from({ length: many }, (_, l) => table(name, l, many, tinted).node));
    if (name.at(-1) === "w") node.style.gridTemplateColumns = `repeat(${D}, max-content)`;
    return node;
  };

  let after;
  page.board.className = `cnn-board ${down || state.matrix ? "" : "cnn-track"}`;
  if (state.matrix) page.board.replaceChildren(element("div", { class: "cnn-stack" }, ...places.map(stack)), product());
  else if (!down) after = track();
  else page.board.replaceChildren(...places.map((name) => element("div", { class: "cnn-column" }, stack(name))));

  // the arrays in one line each, and the matrix between them
  function product() {
    const [rows, across] = [value[made].length, value[from].length];
    if (rows > state.most[0] || across > state.most[1]) return element("p", {}, `As a matrix this has ${rows} rows and ${across} columns, too many to look at: take fewer channels, less padding, or more stride.`);
    for (const link of links) link.m = link[made.at(-1)] * across + link[from.at(-1)];
    const through = new Map(links.map((link) => [link.m, link[by.at(-1)]]));
    value.m = contract(links, "m", rows * across, { [by.at(-1)]: value[by] });
    const line = (id, name, title, high, long, more = {}) => {
      const one = grid({ id, name, axis: name.at(-1), title, rows: high, columns: long, values: value[name], called: called(name), compact: true, ...more });
      grids.push(one);
      return one.node;
    };
    const looks = { note: `${rows}×${across}`, tint: (i) => (through.has(i) ? tint(through.get(i)) : "transparent"), kind: (i) => (through.has(i) ? "" : "zero") };
    return element("div", { class: "cnn-product" },
      line(`${from}-line`, from, down ? `${from}, flattened` : from, 1, across), element("i"),
      line("m", "m", matrix, rows, across, looks), line(`${made}-line`, made, `= ${made}`, rows, 1));
  }

  // a signal: x on top, y below the middle of its windows, w in between, at the window that is looked at
  function track() {
    const [wide, narrow] = transposed ? ["y", "x"] : ["x", "y"];
    const read = (o) => links.filter((link) => link[narrow] === o).map((link) => link[wide]);
    const middle = (o) => read(o)[0] + read(o).at(-1); // in half cells
    const halves = { [wide]: (i) => 2 * i, [narrow]: middle, w: (a) => 2 * a * state.dilation };
    const [top, filter, bottom] = places.map((name) => table(name, 0, 1, { place: halves[name.at(-1)] }));
    const long = along[wide].length * 3;
    const wires = svg("cnn-wires", `0 0 ${long} 5`, "", { width: `${long}em` });
    page.board.replaceChildren(top.node, filter.node, wires, bottom.node);
    const at = (axis, i) => 1.5 * halves[axis](i) + 1.5;
    return (one, i, linked) => {
      filter.node.querySelector(".cnn-cells").style.marginLeft = `${read(linked[0]?.[narrow] ?? 0)[0] * 3}em`;
      wires.innerHTML = linked.map((link) => wire(at("x", link.x), at("y", link.y), called("w")(link.w), one.axis)).join("");
    };
  }

  const factor = (name, i) => ({ axis: name.at(-1), name: called(name)(i), value: value[name][i] });
  const explain = (one, i, linked) => {
    const name = one.name;
    if (name === "m") return cell(i);
    const there = inside(cells[one.axis][i]);
    if (one.axis === "w" && !there) return ["This filter has no weight for this channel: they are in different groups.", "no weight: different groups"];
    if (name !== made) return leads(factor(name, i), linked, called(made), called(third(name, made)), made.at(-1), third(name, made).at(-1));
    const others = places.filter((other) => other !== made);
    const [html, words] = sum(factor(made, i), linked.map((link) => others.map((other) => factor(other, link[other.at(-1)]))), value[made][i]);
    const why = !there ? (made === "y" ? "computed, then cut away by the padding" : "a padding zero's gradient: computed, then thrown away") : linked.length ? "" : "the stride jumps over it: no window reads it";
    return why ? [`${html} <small>(${why})</small>`, `${words}; ${why}`] : [html, words];
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
  page.show({ grids, links, explain, related, after, first: `${made}0` });
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
  const [, more] = Object.keys(groupings(state)).map(Number);
  const now = more === state.groups ? more : 1;
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
        ...["channels", "filters"].flatMap((name, i) => {
          const most = Math.max(...Object.keys(state.across).map((key) => Number(key.split(" ")[i])));
          return most > 1 ? [stepper(name, name, 1, most)] : [];
        }),
        ...(Object.keys(groupings(state)).length > 1 ? [grouping(state)] : []),
      ],
      draw,
    });
  },
};
