// what every explorer stands on: a bar of settings, the arrays, the formula under the cursor, and the links between them.
import { bracketed, element, light, number } from "./grid.js";

let count = 0;

// title and hint: words on top. controls(state): the settings. draw(state, page): the picture for these settings
export function stage({ model, el }, { title, hint, controls, draw }) {
  const start = model.get("start");
  const state = structuredClone({ ...start, ...model.get("state") });
  const id = `cnn-${Date.now()}-${count++}`;
  const bar = element("div", { class: "cnn-bar", role: "toolbar", "aria-label": "settings" });
  const board = element("div", { class: "cnn-board" });
  const formula = element("div", { class: "cnn-formula" });
  const live = element("div", { class: "cnn-hidden", "aria-live": "polite", role: "status" });
  const kernel = element("p", { class: "cnn-kernel", role: "status", hidden: true });
  const heading = element("div", { class: "cnn-head", id }, element("b", {}, title), element("span", {}, hint));
  const root = element("section", { class: "cnn-explorer", "aria-labelledby": id, "data-lm-suppress-shortcuts": "true" });
  root.append(heading, bar, board, formula, live, kernel);
  el.replaceChildren(root);

  const page = { state, root, board, set, say, show, redraw, save };
  let saving = 0;
  let lastSaved = null;

  function set(change) {
    Object.assign(state, change);
    redraw();
    save();
  }

  // the kernel hears of a change when the hand rests, so a still drawn later shows the same cell; the rest it knows
  function save() {
    clearTimeout(saving);
    saving = setTimeout(() => {
      const changed = Object.entries(state).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(start[name]));
      lastSaved = JSON.stringify(Object.fromEntries(changed));
      model.set("state", JSON.parse(lastSaved));
      model.save_changes();
    }, 300);
  }

  function say(html, words) {
    formula.innerHTML = html;
    live.textContent = words;
  }

  function redraw() {
    const kept = focusKey(root);
    bar.replaceChildren(...controls(state).map((make) => make(page)));
    page.shown = null;
    draw(state, page);
    root.querySelector(kept)?.focus({ preventScroll: true });
  }

  // grids: all arrays in the picture; links: see links.js; explain(grid, index, linked): [html, words];
  // related(grid, index): cells to light beside the linked ones; after(grid, index, linked): whatever else moves;
  // first: the grid to stand on where the cell under the cursor is no more
  function show({ grids, links, explain, related, after, first }) {
    const move = (grid, index, focus) => {
      state.cursor = [grid.id, index, grid.called(index)];
      const linked = links.filter((link) => link[grid.axis] === index);
      const extra = related?.(grid, index) ?? {};
      for (const other of grids) {
        light(other, cellsOf(other.axis, linked, extra[other.axis]), other === grid ? index : null);
      }
      say(...explain(grid, index, linked));
      after?.(grid, index, linked);
      if (focus) grid.cells.get(index).focus({ preventScroll: true });
      save();
    };
    for (const grid of grids) grid.onMove = move;
    const [name, index, called] = state.cursor;
    const stays = grids.find((one) => one.id === name);
    const grid = stays ?? grids.find((one) => one.id === first);
    const there = [...grid.cells.keys()];
    const same = there.filter((i) => grid.called(i) === called); // a cell keeps its name, but not its number, when arrays grow
    move(grid, same.length && !same.includes(index) ? same[0] : stays && there.includes(index) ? index : there[there.length >> 1], false);
  }

  model.on("change:state", () => {
    const news = model.get("state");
    if (JSON.stringify(news) === lastSaved) return;
    Object.assign(state, structuredClone({ ...start, ...news }));
    redraw();
  });
  redraw();
  watchKernel(model, kernel);
  return page;
}

// which cells of this axis the links touch: Map from index to "lit", or "seen" for a link that carries nothing
function cellsOf(axis, links, extra = []) {
  const lit = new Map(extra.map((i) => [i, "lit"]));
  for (const link of links) if (lit.get(link[axis]) !== "lit") lit.set(link[axis], link.weak ? "seen" : "lit");
  return lit;
}

function focusKey(root) {
  const active = root.getRootNode().activeElement;
  if (!active || !root.contains(active)) return ".cnn-nothing";
  const owner = active.closest("[data-grid]")?.dataset.grid;
  if (owner !== undefined) return `[data-grid="${owner}"] [data-index="${active.dataset.index}"]`;
  return active.dataset.key ? `[data-key="${active.dataset.key}"]` : ".cnn-nothing";
}

// the picture needs no kernel; a student whose kernel has stopped should know that it is not the picture that is broken
function watchKernel(model, note) {
  const session = model.widget_manager?.context?.sessionContext;
  if (!session?.statusChanged) return;
  const look = () => {
    const status = session.session?.kernel ? session.session.kernel.status : "none";
    note.hidden = !["dead", "none", "terminating", "autorestarting"].includes(status);
    note.textContent = "Python is not running. This picture computes in the page, so it goes on working; run the cell to reset it.";
  };
  session.statusChanged.connect(look);
  session.kernelChanged?.connect(look);
  look();
}

// ---- settings: each is a function of the page, so that it can read and set the state

export const stepper = (name, label, low, high, { of = (page) => page.state, by = 1, key = name } = {}) => (page) => {
  const owner = of(page);
  const change = (step) => () => {
    owner[key] = Math.min(Math.max(owner[key] + step, low), high);
    page.set({});
  };
  const button = (step, sign, word) =>
    element("button", {
      type: "button", "aria-label": `${word} ${label}`, "data-key": `${name}${Math.sign(step)}`, onclick: change(step),
      "aria-disabled": String(step < 0 ? owner[key] <= low : owner[key] >= high),
    }, sign);
  const shown = element("output", { "aria-live": "off" }, number(owner[key]));
  return element("span", { class: "cnn-step", role: "group", "aria-label": `${label} ${number(owner[key])}` },
    `${label} `, button(-by, "−", "less"), shown, button(by, "+", "more"));
};

export const press = (key, label, act, disabled = false) => (page) =>
  element("button", { type: "button", "data-key": key, "aria-disabled": String(disabled), onclick: () => disabled || act(page) }, label);

export const choice = (name, label, options) => (page) => {
  const buttons = Object.entries(options).map(([value, words]) =>
    element("button", {
      type: "button", "aria-pressed": String(String(page.state[name]) === value), "data-key": `${name}-${value}`,
      onclick: () => page.set({ [name]: value === "true" ? true : value === "false" ? false : value }),
    }, words));
  return element("span", { class: "cnn-choice", role: "group", "aria-label": label }, ...buttons);
};

// ---- the formula: names first, then the numbers of the cells that are lit

export const term = (axis, text) => `<span class="cnn-t cnn-${axis}">${text}</span>`;

// target: {axis, name}; terms: lists of factors {axis, name, value}; total: the sum, as computed by contract
export function sum(target, terms, total) {
  const shown = terms.slice(0, 12);
  const more = terms.length > shown.length ? ` + … <small>(${terms.length} products)</small>` : "";
  const row = (write) => shown.map((factors) => factors.map(write).join("·")).join(" + ") + more;
  const names = shown.length <= 4 ? `${row((f) => term(f.axis, f.name))}<br><span class="cnn-eq"></span>= ` : "";
  const html = terms.length
    ? `${term(target.axis, target.name)} = ${names}${row((f) => term(f.axis, bracketed(f.value)))} = <b>${number(total)}</b>`
    : `${term(target.axis, target.name)} = <b>0</b>`;
  const spoken = shown.map((factors) => factors.map((f) => number(f.value)).join(" times ")).join(" plus ");
  return [html, terms.length ? `${target.name} equals ${spoken}${terms.length > 12 ? " and so on" : ""} equals ${number(total)}` : `${target.name} equals 0`];
}
