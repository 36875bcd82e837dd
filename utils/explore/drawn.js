import { element, grid, light, number } from "./grid.js";
import { stage } from "./stage.js";

// Python has measured the roads and found the words: state.focus says for each cell what is lit in each layer, and what is said
function draw(state, page) {
  const grids = [];
  const table = (array, panel, n, p, off) => {
    const marked = n === state.layers.length - 1 ? ", missing in yours" : ", not right";
    const one = grid({
      id: `${array.id}${n}-${p}`, name: array.id, axis: array.axis, title: panel.title, small: array.panels.length > 3,
      rows: panel.rows, columns: panel.columns, index: (row, column) => panel.index[row * panel.columns + column],
      values: array.values, called: (i) => array.called[i] + (off.has(i) ? marked : ""),
      kind: (i) => `${off.has(i) ? "off" : ""} ${number(array.values[i]).length > 4 ? "long" : ""}`,
    });
    one.layer = n;
    one.onMove = move;
    grids.push(one);
    return one.node;
  };
  const stack = (array, n, off = new Set()) => {
    const nodes = array.panels.map((panel, p) => table(array, panel, n, p, off));
    const node = element("div", { class: "cnn-tables" }, ...nodes);
    node.style.gridTemplateColumns = `repeat(${array.across}, max-content)`;
    return node;
  };
  const row = (layer, n) =>
    element("div", { class: "cnn-roads", role: "group", "aria-label": layer.title },
      element("div", { class: "cnn-roads-title" }, layer.title),
      ...state.inputs.map((array) => stack(array, n)),
      element("div", { class: "cnn-lands" }, element("span", { class: "cnn-arrow", "aria-hidden": "true" }, "→"), stack(layer, n, new Set(layer.off))));

  function move(one, index) {
    const own = one.name === "out" ? `out${one.layer}:${index}` : `${one.name}:${index}`;
    const key = own in state.focus ? own : `out${one.layer}:${index}`;
    if (!(key in state.focus)) return;
    state.cursor = key;
    show(key, one, index);
    page.save();
  }

  function show(key, from, index) {
    const { lit, here, html, text } = state.focus[key];
    for (const each of grids) {
      const cells = lit[each.layer][each.name] ?? {};
      const input = key.startsWith(`${each.name}:`) ? Number(key.split(":")[1]) : null;
      light(each, new Map(Object.entries(cells).map(([i, tag]) => [Number(i), tag === "seen" ? "seen" : "lit"])), each.name === "out" ? here[each.layer] : input);
      for (const [i, cell] of each.cells) {
        const tag = cells[i] ?? "";
        cell.dataset.meets = tag === "seen" ? "" : tag;
        const letters = cell.closest(".cnn-small") ? 3.8 : 4.6;
        cell.style.setProperty("--tag", `${Math.min(0.66, letters / Math.max(tag.length, 1))}em`); // as large as the cell is wide
      }
    }
    if (from) from.cells.get(index).tabIndex = 0;
    page.say(html, text.join(". "));
  }

  page.board.className = "cnn-board cnn-drawn";
  page.board.replaceChildren(
    ...(state.note ? [element("div", {}, state.note)] : []), ...state.layers.map(row));
  show(state.cursor in state.focus ? state.cursor : Object.keys(state.focus)[0]);
}

export default {
  render({ model, el }) {
    const inside = element("div");
    const summary = element("summary", {}, "Show me: which numbers your answer is made of, and which ones are right");
    el.replaceChildren(element("details", { class: "cnn-fold" }, summary, inside));
    stage({ model, el: inside }, {
      title: `${model.get("start").title}: your answer, drawn`,
      hint: "Point at a cell, or Tab to a table and walk with the arrow keys. A corner marks what is not right, or missing.",
      controls: () => [],
      draw,
    });
  },
};
