// the one way of drawing an array: a table of numbers that mouse and arrow keys can walk.

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export function number(value) {
  if (typeof value === "string") return value; // "∞"
  const rounded = Math.abs(value) < 0.005 ? 0 : value;
  return NUMBER.format(rounded).replace("-", "−");
}

export const bracketed = (value) => (value < 0 ? `(${number(value)})` : number(value)); // as a factor

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in node && typeof value === "function") node[name] = value;
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// a drawing beside the arrays; without a label it is for the eye alone
export function svg(class_, viewBox, inner, { label, ...style } = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  for (const [name, value] of Object.entries({ class: class_, viewBox, ...said })) node.setAttribute(name, value);
  Object.assign(node.style, style);
  node.innerHTML = inner;
  return node;
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// id: its own; name: its array's, when that has several grids; axis: "x", "w" or "y", what its indices mean to the links; index(row, column): its flat index.
// values: all of the array, flat. called(index): the cell's name. kind(index): extra classes, such as "pad".
export function grid({ id, name = id, axis, title, note, rows, columns, index, values, called, kind, tint, place, compact, small, edit }) {
  const at = index ?? ((row, column) => row * columns + column);
  const heading = element("div", { class: "cnn-title" }, element("b", {}, title), note ? element("span", {}, note) : null);
  const table = element("div", { role: "grid", class: "cnn-cells", "aria-label": `${title} ${note ?? ""}` });
  table.style.setProperty("--columns", columns);
  const cells = new Map();
  const spot = new Map();
  for (let row = 0; row < rows; row++) {
    const line = element("div", { role: "row", class: "cnn-row" });
    for (let column = 0; column < columns; column++) {
      const i = at(row, column);
      const text = number(values[i]);
      const cell = element("div", { role: "gridcell", class: `cnn-cell ${kind?.(i) ?? ""}`, tabindex: -1, "data-index": i }, text);
      cell.setAttribute("aria-label", `${called(i)}, value ${text}${edit ? ", plus and minus change it" : ""}`);
      if (tint) cell.style.setProperty("--tint", tint(i) ?? "transparent");
      if (place) cell.style.gridColumn = `${place(column) + 1} / span 2`;
      cells.set(i, cell);
      spot.set(i, [row, column]);
      line.append(cell);
    }
    table.append(line);
  }
  const node = element("div", { class: `cnn-array cnn-${axis} ${compact ? "cnn-compact" : small ? "cnn-small" : ""}`, "data-grid": id }, heading, table);
  const self = { id, name, axis, node, cells, called, values, edit, onMove: null };

  table.addEventListener("mouseover", (event) => {
    const cell = event.target.closest(".cnn-cell");
    if (cell) self.onMove(self, Number(cell.dataset.index), false);
  });
  table.addEventListener("focusin", (event) => {
    if (event.target.dataset.index) self.onMove(self, Number(event.target.dataset.index), false);
  });
  table.addEventListener("keydown", (event) => {
    const here = Number(event.target.dataset.index);
    const [row, column] = spot.get(here) ?? [0, 0];
    const step = STEPS[event.key];
    if (step) {
      const next = [Math.min(Math.max(row + step[0], 0), rows - 1), Math.min(Math.max(column + step[1], 0), columns - 1)];
      cells.get(at(...next)).focus();
    } else if (event.key === "Home") cells.get(at(event.ctrlKey ? 0 : row, 0)).focus();
    else if (event.key === "End") cells.get(at(event.ctrlKey ? rows - 1 : row, columns - 1)).focus();
    else if (edit && "+=-_".includes(event.key)) edit(here, "+=".includes(event.key) ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return self;
}

// lit: Map from index to a class; here: the index under the cursor, or null
export function light(target, lit, here) {
  for (const [i, cell] of target.cells) {
    const class_ = lit.get(i);
    cell.classList.toggle("lit", class_ !== undefined && class_ !== "seen");
    cell.classList.toggle("seen", class_ === "seen");
    cell.classList.toggle("here", i === here);
    cell.tabIndex = i === here ? 0 : -1;
  }
  if (here === null && target.cells.size) [...target.cells.values()][0].tabIndex = 0;
}
