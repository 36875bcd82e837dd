import { bracketed, grid, number, svg } from "./grid.js";
import { choice, stage, stepper, term } from "./stage.js";

const STEP = 3; // em from one state to the next: eight stand side by side in a narrow window, a weight above each gap
const below = (n) => [...String(n)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");

// every state is made of its input and of the state before, with the same two weights
export function unrolled({ x, wx, wh, tanh }) {
  const h = [];
  x.forEach((one, t) => {
    const sum = wx * one + wh * (h[t - 1] ?? 0);
    h.push(tanh ? Math.tanh(sum) : sum);
  });
  return h;
}

// backward through time: dh, what reaches each state; inside, what is left of it before the tanh; what each use of wh gets
export function unrolledGradient({ h, wh, tanh, given }) {
  const [dh, inside] = [new Array(h.length), new Array(h.length)];
  for (let t = h.length - 1; t >= 0; t--) {
    dh[t] = given[t] + (t + 1 < h.length ? wh * inside[t + 1] : 0);
    inside[t] = dh[t] * (tanh ? 1 - h[t] ** 2 : 1);
  }
  return { dh, inside, uses: inside.map((one, t) => one * (h[t - 1] ?? 0)) };
}

function draw(state, page) {
  const { steps, w_x: wx, w_h: wh } = state;
  const tanh = state.activation === "tanh";
  const backward = state.direction === "backward";
  const x = state.x.slice(0, steps);
  const h = unrolled({ x, wx, wh, tanh });
  const given = x.map((_, t) => state.grad[t] + (t === steps - 1 ? 1 : 0));
  const { dh, inside, uses } = unrolledGradient({ h, wh, tanh, given });
  const last = unrolledGradient({ h, wh, tanh, given: x.map((_, t) => (t === steps - 1 ? 1 : 0)) }).inside;
  const dw = uses.reduce((a, b) => a + b, 0);
  const value = { x, h, given, dh, w: x.map(() => wh), dw: uses, dx: inside.map((one) => one * wx) };
  const mark = { x: "x", h: "h", given: "δ", dh: "∂L/∂h", dx: "∂L/∂x", w: "w_h at step ", dw: "use " };
  const called = (id) => (t) => (id === "w" || id === "dw" ? `${mark[id]}${t + 1}` : mark[id] + below(t + 1));

  const change = {
    x: (t, by) => page.set({ x: state.x.map((one, i) => (i === t ? one + by : one)) }),
    w: (_, by) => page.set({ w_h: state.w_h + by / 10 }),
    given: (t, by) => page.set({ grad: state.grad.map((one, i) => (i === t ? one + by : one)) }),
  };
  const row = (id, axis, title) =>
    grid({ id, axis, title, rows: 1, columns: steps, values: value[id], called: called(id), edit: change[id], place: (t) => 2 * t + (axis === "w" ? 0 : 1) });
  const states = row("h", "y", "h");
  const grids = backward
    ? [states, row("given", "y", "δ, given"), row("dh", "y", "∂L/∂h"), row("dw", "w", "each use of w_h"), row("dx", "x", "∂L/∂x")]
    : [row("x", "x", "x"), row("w", "w", "w_h, each time"), states];
  const bars = picture("cnn-wires cnn-bars", steps, barsOf(backward ? dh : h));
  const wires = picture("cnn-wires", steps, chain(steps, backward));
  const [nodes, at] = [grids.map((one) => one.node), grids.findIndex((one) => one.id === (backward ? "dw" : "h"))];
  nodes.splice(at, 0, wires);
  nodes.splice(backward ? at : nodes.length, 0, bars);
  page.board.className = "cnn-board cnn-track cnn-unroll";
  page.board.replaceChildren(...nodes);

  // forwards a state is made of all steps before it; backwards its gradient of all steps after it
  const links = x.flatMap((_, t) => (backward ? [{ x: t, w: t, y: t }] : x.slice(0, t + 1).map((_, k) => ({ x: k, w: k, y: t, weak: k < t }))));
  const every = x.map((_, t) => t);
  const related = (one, t) => (one.axis === "w" ? { w: every } : backward && one.axis === "y" ? { y: every.slice(t) } : {});
  const squash = (text) => (tanh ? `tanh(${text})` : text);
  const slope = (t) => (tanh ? ` · (1 − ${term("y", `h${below(t)}`)}²)` : "");

  const explain = (one, t) => {
    const [n, name] = [t + 1, called(one.id)(t)];
    const so = ` = <b>${number(value[one.id][t])}</b>`;
    const words = `${name} is ${number(value[one.id][t])}`;
    if (one.id === "h") {
      const before = t ? ` + ${term("w", "w_h")}·${term("y", `h${below(t)}`)}` : "";
      const numbers = `${bracketed(wx)}·${bracketed(x[t])}${t ? ` + ${bracketed(wh)}·${bracketed(h[t - 1])}` : ""}`;
      return [`${term("y", name)} = ${squash(`${term("w", "w_x")}·${term("x", `x${below(n)}`)}${before}`)} = ${squash(numbers)}${so}`, words];
    }
    if (one.id === "x")
      return [`${term("x", name)} = ${number(x[t])} comes to ${term("y", `h${below(steps)}`)} ${n < steps ? `through ${term("w", "w_h")} ${times(steps - n)}` : "directly"}: ∂h${below(steps)}/∂${name} = <b>${number(last[t] * wx)}</b>`, `${words}; the last state changes by ${number(last[t] * wx)} of its change`];
    if (one.id === "w") return [`${term("w", "w_h")} = ${number(wh)} <small>is one number, used ${times(steps)}. + and − change it everywhere at once.</small>`, `w_h is ${number(wh)}, the same at all ${steps} steps`];
    if (one.id === "given") return [`${term("y", name)}${so} <small>(the loss ${given[t] ? "reads this state itself" : "does not read this state itself; + and − change that"})</small>`, words];
    if (one.id === "dh") {
      const back = n < steps ? ` + ${term("w", "w_h")} · ${term("y", `∂L/∂h${below(n + 1)}`)}${slope(n + 1)} = ${number(given[t])} + ${bracketed(wh)}·${bracketed(inside[t + 1])}` : "";
      return [`${term("y", name)} = ${term("y", `δ${below(n)}`)}${back}${so}`, words];
    }
    if (one.id === "dx") return [`${term("x", name)} = ${term("w", "w_x")} · ${term("y", `∂L/∂h${below(n)}`)}${slope(n)}${so}`, words];
    const before = t ? `${term("y", `h${below(t)}`)} = ${bracketed(inside[t])}·${bracketed(h[t - 1])}` : "0, the state before the first";
    const sum = uses.map(bracketed).join(" + ");
    return [`use ${n} adds ${term("y", `∂L/∂h${below(n)}`)}${slope(n)} · ${before}${so}<br>${term("w", "∂L/∂w_h")} = ${sum} = <b>${number(dw)}</b> <small>(a sum over all uses)</small>`, `${words}; all uses add up to ${number(dw)}`];
  };
  const after = (_, t) => bars.querySelectorAll("rect").forEach((bar, i) => bar.classList.toggle("here", i === t));
  page.show({ grids, links, explain, related, after, first: "h" });
}

const times = (n) => (n === 1 ? "once" : `${n} times`);

function picture(class_, steps, inner) {
  const wide = (steps + 0.5) * STEP;
  return svg(class_, `0 0 ${wide} 3`, inner, { width: `${wide}em` });
}

// from a state over the weight to the next state; backwards the same way, and the weights stand below
function chain(steps, backward) {
  const [weight, state] = backward ? [3, 0] : [0, 3];
  return Array.from({ length: steps }, (_, t) => {
    const [left, middle, right] = [t, t + 0.5, t + 1].map((at) => at * STEP);
    return `<path d="${t ? `M${left} ${state} L${middle} ${weight}` : `M${middle} ${weight}`} L${right} ${state}"/>`;
  }).join("");
}

function barsOf(values) {
  const largest = Math.max(...values.map(Math.abs), 1e-12);
  return values.map((one, t) => {
    const high = (2.8 * Math.abs(one)) / largest;
    return `<rect x="${t * STEP + 2.1}" width="1.8" y="${3 - high}" height="${high}"/>`;
  }).join("");
}

export default {
  render(view) {
    stage(view, {
      title: "One recurrent neuron, unrolled",
      hint: "Point at a cell, or Tab to a row and walk with the arrow keys. + and − change a number. A bar is the size of the number above it.",
      controls: () => [
        choice("direction", "direction", { forward: "forward", backward: "backward through time" }),
        choice("activation", "activation", { tanh: "tanh", linear: "without tanh" }),
        stepper("w_h", "w_h", -2, 2, { by: 0.1 }),
        stepper("w_x", "w_x", -2, 2, { by: 0.1 }),
        stepper("steps", "steps", 2, 8),
      ],
      draw,
    });
  },
};
