import { bracketed, element, number, svg } from "./grid.js";
import { choice, stage, stepper, term } from "./stage.js";

const [WIDE, HIGH] = [260, 84];
const BINS = 24;

const column = (values, c) => values.map((row) => row[c]);

// one channel: Python sends what is the same for every γ and β
export function channel({ gamma, beta, eps, ...of }, c) {
  const [mean, variance, gradMean, slope] = [of.mean, of.variance, of.grad_mean, of.grad_slope].map((each) => each[c]);
  const [x, hat, dy, unscaled] = [of.x, of.hat, of.grad, of.dx].map((values) => column(values, c));
  const sigma = Math.sqrt(variance + eps);
  return {
    x, mean, variance, hat, y: hat.map((value) => gamma[c] * value + beta[c]),
    dy, gradMean, slope, rest: unscaled.map((value) => sigma * value),
    factor: gamma[c] / sigma, dx: unscaled.map((value) => gamma[c] * value),
  };
}
const spread = (lists) => {
  const all = lists.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
};
const scale = ([low, high], length) => (value) => ((value - low) / (high - low)) * length;

const plot = (label, inner, high = HIGH) => svg("cnn-plot", `0 -4 ${WIDE} ${high + 20}`, inner, { label });

function axis(range, high = HIGH) {
  const x = scale(range, WIDE);
  const step = [0.5, 1, 2, 5, 10, 20, 50, 100, 1000].find((s) => (range[1] - range[0]) / s <= 8) ?? 1e4;
  let out = `<line x1="0" x2="${WIDE}" y1="${high}" y2="${high}"/>`;
  for (let t = Math.ceil(range[0] / step) * step; t <= range[1]; t += step) out += `<text x="${x(t)}" y="${high + 12}" text-anchor="middle">${number(t)}</text>`;
  return out;
}

function histogram(values, range, here) {
  const x = scale(range, WIDE);
  const counts = new Array(BINS).fill(0);
  const bin = (value) => Math.min(BINS - 1, Math.max(0, Math.floor((x(value) / WIDE) * BINS)));
  for (const value of values) counts[bin(value)]++;
  const tallest = Math.max(...counts);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const bars = counts.map((n, i) => {
    const high = (n / tallest) * (HIGH - 8);
    return n ? `<rect class="${here !== null && bin(here) === i ? "bar here" : "bar"}" x="${(i * WIDE) / BINS + 0.5}" width="${WIDE / BINS - 1}" y="${HIGH - high}" height="${high}"/>` : "";
  });
  const dot = here === null ? "" : `<circle class="dot" cx="${x(here)}" cy="${HIGH}" r="4"/>`;
  return `${bars.join("")}<line class="mean" x1="${x(mean)}" x2="${x(mean)}" y1="0" y2="${HIGH}"/>${axis(range)}${dot}`;
}

// one dot per value: x̂ to the right, a gradient upwards; the line is what the values have in common with 1 and x̂
function scatter(hat, values, line, ranges, at) {
  const high = 150;
  const [x, y] = [scale(ranges[0], WIDE), (value) => high - scale(ranges[1], high)(value)];
  const dots = hat.map((h, i) => (i === at ? "" : `<circle class="point" cx="${x(h)}" cy="${y(values[i])}" r="2.6"/>`));
  const [a, b] = ranges[0];
  return `<line x1="0" x2="${WIDE}" y1="${y(0)}" y2="${y(0)}"/>${dots.join("")}
    <line class="fit" x1="${x(a)}" x2="${x(b)}" y1="${y(line(a))}" y2="${y(line(b))}"/>
    <line class="rest" x1="${x(hat[at])}" x2="${x(hat[at])}" y1="${y(line(hat[at]))}" y2="${y(values[at])}"/>
    <circle class="dot" cx="${x(hat[at])}" cy="${y(values[at])}" r="4.5"/>${axis(ranges[0], high)}`;
}

function draw(state, page) {
  const results = state.mean.map((_, c) => channel(state, c));
  const chosen = state.chosen ?? 0;
  const order = results[chosen].x.map((_, i) => i).sort((a, b) => state.x[a][chosen] - state.x[b][chosen]);
  const rank = Math.min(state.rank ?? Math.floor(order.length * 0.8), order.length - 1);
  const at = order[rank];
  const walk = (c, shown) => ({
    role: "slider", tabindex: 0, "data-key": `row${c}`, "aria-valuemin": 0, "aria-valuemax": order.length - 1, "aria-valuenow": rank,
    "aria-label": `channel ${c}, walk through its values`, "aria-valuetext": shown,
    onkeydown: (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -1e6, End: 1e6 }[event.key];
      const other = { ArrowUp: c - 1, ArrowDown: c + 1 }[event.key];
      if (by === undefined && page.root.querySelector(`[data-key="row${other}"]`) === null) return;
      event.preventDefault();
      event.stopPropagation();
      if (by === undefined) page.root.querySelector(`[data-key="row${other}"]`).focus();
      else page.set({ chosen: c, rank: Math.min(Math.max(rank + by, 0), order.length - 1) });
    },
    onfocus: () => state.chosen !== c && page.set({ chosen: c }),
    onclick: () => page.set({ chosen: c }),
  });
  page.board.className = "cnn-board cnn-norm";
  if (state.direction === "backward") backward(state, page, results[chosen], chosen, at, walk);
  else forward(state, page, results, chosen, at, walk);
}

function forward(state, page, results, chosen, at, walk) {
  const [before, after] = [spread(results.map((one) => one.x)), spread(results.map((one) => one.y))];
  const rows = results.map((one, c) => {
    const values = one.x;
    const here = c === chosen ? at : null;
    const about = (list) => `mean ${number(list.reduce((a, b) => a + b, 0) / list.length)}`;
    return element("div", { class: `cnn-channel ${c === chosen ? "here" : ""}`, ...walk(c, here === null ? "" : `x ${number(values[at])} becomes ${number(one.y[at])}`) },
      element("b", {}, `channel ${c}`),
      element("figure", { class: "cnn-x" }, element("figcaption", {}, `x: mean ${number(one.mean)}, std ${number(Math.sqrt(one.variance))}`), plot(`before, ${about(values)}`, histogram(values, before, here === null ? null : values[at]))),
      element("figure", { class: "cnn-y" }, element("figcaption", {}, `y: mean ${number(state.beta[c])}, std ${number(Math.abs(state.gamma[c]) * Math.sqrt(one.variance / (one.variance + state.eps)))}`), plot(`after, ${about(one.y)}`, histogram(one.y, after, here === null ? null : one.y[at]))));
  });
  page.board.replaceChildren(...rows);
  const one = results[chosen];
  const [x, gamma, beta] = [state.x[at][chosen], state.gamma[chosen], state.beta[chosen]];
  page.say(
    `${term("y", "x̂")} = (x − μ) / √(σ² + ε) = (${term("x", number(x))} − ${bracketed(one.mean)}) / √(${number(one.variance)} + ${state.eps}) = <b>${number(one.hat[at])}</b><br>
     ${term("y", "y")} = γ·x̂ + β = ${term("w", number(gamma))}·${bracketed(one.hat[at])} + ${term("w", bracketed(beta))} = <b>${number(one.y[at])}</b>
     <small>(μ and σ² over the ${state.x.length} values, ${state.axes}, of channel ${chosen})</small>`,
    `channel ${chosen}: x ${number(x)} is normalised to ${number(one.hat[at])}, y is ${number(one.y[at])}`,
  );
}

function backward(state, page, one, chosen, at, walk) {
  const { dy, gradMean: mean, slope, rest, factor, dx } = one;
  const ranges = [spread([one.hat]), spread([dy, rest, [0]])];
  const figure = (class_, caption, label, inner) => element("figure", { class: class_ }, element("figcaption", {}, caption), plot(label, inner, 150));
  page.board.replaceChildren(
    element("div", { class: "cnn-channel here", ...walk(chosen, `dy ${number(dy[at])}, dx ${number(dx[at])}`) },
      element("b", {}, `channel ${chosen}`),
      figure("cnn-y", `dy against x̂: mean ${number(mean)}, slope ${number(slope)}`, `dy has mean ${number(mean)} and slope ${number(slope)} over x̂`,
        scatter(one.hat, dy, (h) => mean + slope * h, ranges, at)),
      figure("cnn-x", "what is left: mean 0, slope 0", "after the mean and the slope are removed the line lies flat at zero", scatter(one.hat, rest, () => 0, ranges, at))),
  );
  page.say(
    `${term("x", "dx")} = γ/√(σ² + ε) · (${term("y", "dy")} − mean(dy) − x̂·mean(dy·x̂)) =
     ${term("w", number(factor))}·(${term("y", number(dy[at]))} − ${bracketed(mean)} − ${bracketed(one.hat[at])}·${bracketed(slope)}) = <b>${number(dx[at])}</b><br>
     <small>Shifting or stretching all of x changes no output, so the gradient must not ask for it: the line through the dots is removed.</small>`,
    `dx is ${number(dx[at])}: from dy ${number(dy[at])} the mean ${number(mean)} and the part along x hat are removed`,
  );
}

export default {
  render(view) {
    stage(view, {
      title: "BatchNorm, channel by channel",
      hint: "Left and right walk through the values, up and down through the channels. The dashed line is the mean.",
      controls: ({ chosen = 0 }) => [
        choice("direction", "direction", { forward: "forward", backward: "backward" }),
        stepper("gamma", `γ of channel ${chosen}`, -3, 3, { of: (page) => page.state.gamma, key: chosen, by: 0.25 }),
        stepper("beta", `β of channel ${chosen}`, -4, 4, { of: (page) => page.state.beta, key: chosen, by: 0.25 }),
      ],
      draw,
    });
  },
};
