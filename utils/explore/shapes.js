import { element, number, svg } from "./grid.js";
import { press, stage, stepper, term } from "./stage.js";

// the shape, the parameters and the troubles of one layer for an input [height, width, channels]
function follow([height, width, channels], layer) {
  const { kernel_size: k, stride: s, padding: p, filters } = layer;
  const short = [height, width].find((n) => n + 2 * p < k);
  if (short !== undefined) {
    return { error: `the ${k}×${k} window does not fit into ${short} + 2·${p} = ${short + 2 * p} cells: a smaller kernel or more padding`, parameters: 0 };
  }
  if (layer.kind === "pool" && 2 * p > k) return { error: `padding ${p} is more than half of the window ${k}: a window could see only padding`, parameters: 0 };
  const size = [height, width].map((n) => Math.floor((n + 2 * p - k) / s) + 1);
  const left = [height, width].map((n, axis) => n + 2 * p - ((size[axis] - 1) * s + k));
  return {
    shape: [...size, layer.kind === "conv" ? filters : channels],
    parameters: layer.kind === "conv" ? k * k * channels * filters + (layer.bias ? filters : 0) : 0,
    left,
  };
}

function chain(state) {
  const out = [];
  let shape = state.input;
  for (const layer of state.layers) {
    const result = shape ? follow(shape, layer) : { waits: true, parameters: 0 };
    out.push({ ...result, from: shape });
    shape = result.shape;
  }
  return out;
}

// a box as high as the picture and as deep as its channels, on scales that keep small things visible
function volume([height, width, channels]) {
  const long = (n) => 6 + 7 * Math.log2(n + 1);
  const [h, w, d] = [long(height), long(width) * 0.55, 4 + 5 * Math.log2(channels + 1)];
  const skew = d * 0.45;
  const face = (points, shade) => `<polygon points="${points}" fill-opacity="${shade}"/>`;
  const faces =
    face(`0,${skew} ${w},${skew} ${w},${h + skew} 0,${h + skew}`, 0.3) +
    face(`0,${skew} ${d},0 ${w + d},0 ${w},${skew}`, 0.15) +
    face(`${w},${skew} ${w + d},0 ${w + d},${h} ${w},${h + skew}`, 0.5);
  return svg("cnn-volume", `-2 -2 ${w + d + 4} ${h + skew + 4}`, faces, { height: `${(h + skew) / 14}em` });
}

const times = (shape) => shape.map(number).join("×");

function draw(state, page) {
  const steps = chain(state);
  const chosen = Math.min(state.chosen ?? 0, state.layers.length - 1);
  const box = (shape, word) => element("div", { class: "cnn-shape cnn-x" }, volume(shape), element("b", {}, times(shape)), element("small", {}, word));
  const items = [box(state.input, "input")];
  state.layers.forEach((layer, i) => {
    const step = steps[i];
    const name = layer.kind === "conv" ? `conv ${layer.kernel_size}×${layer.kernel_size}` : `pool ${layer.kernel_size}×${layer.kernel_size}`;
    const settings = [layer.kind === "conv" ? `${layer.filters} filters` : null, `stride ${layer.stride}`, layer.padding ? `padding ${layer.padding}` : null];
    const state_ = step.error ? "does not fit" : step.waits ? "waits for a shape" : times(step.shape);
    const card = element("button", {
      type: "button", class: `cnn-layer ${i === chosen ? "here" : ""} ${step.error ? "wrong" : ""}`, "data-key": `layer${i}`, tabindex: i === chosen ? 0 : -1,
      "aria-pressed": String(i === chosen), "aria-label": `layer ${i + 1}, ${name}, ${settings.filter(Boolean).join(", ")}: ${state_}, ${step.parameters} parameters`,
      onclick: () => page.set({ chosen: i }),
      onkeydown: (event) => {
        const next = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: state.layers.length - 1 }[event.key];
        if (next === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        page.set({ chosen: Math.min(Math.max(next, 0), state.layers.length - 1) });
        page.root.querySelector(`[data-key="layer${state.chosen}"]`).focus();
      },
    }, element("b", {}, name), element("small", {}, settings.filter(Boolean).join(", ")), element("span", {}, step.error ? "✗ does not fit" : step.waits ? "…" : `${number(step.parameters)} parameters`));
    items.push(card);
    if (step.shape) items.push(box(step.shape, i === state.layers.length - 1 ? "output" : ""));
  });
  page.board.className = "cnn-board cnn-chain";
  page.board.replaceChildren(...items);
  page.say(...explain(state, steps, chosen));
}

function explain(state, steps, chosen) {
  const total = steps.reduce((sum, step) => sum + step.parameters, 0);
  const bill = `All layers together: <b>${number(total)}</b> parameters.`;
  if (chosen < 0) return ["No layer yet: add one.", "no layer yet"];
  const [layer, step] = [state.layers[chosen], steps[chosen]];
  if (step.error) return [`<b class="cnn-wrong">Layer ${chosen + 1}: ${step.error}.</b>`, `layer ${chosen + 1}: ${step.error}`];
  if (step.waits) return ["A layer before this one does not fit, so nothing reaches it.", "a layer before this one does not fit"];
  const { kernel_size: k, stride: s, padding: p } = layer;
  const side = (name, n, out) => `${term("x", name)} = ⌊(${number(n)} + 2·${p} − ${k}) / ${s}⌋ + 1 = <b>${number(out)}</b>`;
  const [height, width] = step.from;
  const sizes = height === width ? side("height = width", height, step.shape[0]) : `${side("height", height, step.shape[0])}, ${side("width", width, step.shape[1])}`;
  const cost = layer.kind === "conv"
    ? `${term("w", "parameters")} = ${k}·${k}·${number(step.from[2])}·${number(layer.filters)}${layer.bias ? ` + ${number(layer.filters)}` : ""} = <b>${number(step.parameters)}</b>.`
    : "Pooling has no parameters and keeps the channels.";
  const unread = step.left.map((n, axis) => (n > 0 ? `the last ${n === 1 ? ["row", "column"][axis] : `${n} ${["rows", "columns"][axis]}`}` : null)).filter(Boolean);
  const rest = unread.length ? ` <small>The stride does not divide: ${unread.join(" and ")} of the padded picture ${unread.length > 1 || step.left.some((n) => n > 1) ? "are" : "is"} never read.</small>` : "";
  const words = `layer ${chosen + 1} gives ${times(step.shape)} with ${number(step.parameters)} parameters${unread.length ? `; ${unread.join(" and ")} never read` : ""}`;
  return [`${sizes}.${rest}<br>${cost} <small>${bill}</small>`, words];
}

export default {
  render(view) {
    stage(view, {
      title: "Shapes and parameters",
      hint: "Choose a layer (click, or arrow keys), then change it.",
      controls: (state) => {
        const { layers, chosen: wish } = state;
        const chosen = Math.min(wish ?? 0, layers.length - 1);
        const layer = layers[chosen];
        const full = layers.length >= 8;
        const of = () => layer;
        const add = (kind) => (page) => {
          layers.splice(chosen + 1, 0, { ...state.fresh[kind] });
          page.set({ chosen: chosen + 1 });
        };
        const settings = layer
          ? [
              stepper("kernel_size", "kernel", 1, 64, { of }),
              ...(layer.kind === "conv" ? [stepper("filters", "filters", 1, 4096, { of })] : []),
              stepper("stride", "stride", 1, 16, { of }),
              stepper("padding", "padding", 0, 16, { of }),
              ...(layer.kind === "conv" ? [biasOf(layer)] : []),
            ]
          : [];
        return [
          ...settings,
          press("add-conv", "+ conv", add("conv"), full),
          press("add-pool", "+ pool", add("pool"), full),
          press("remove", "remove", (page) => page.set({ layers: layers.filter((_, i) => i !== chosen) }), !layer),
        ];
      },
      draw,
    });
  },
};

const biasOf = (layer) => (page) =>
  element("button", { type: "button", "data-key": "bias", "aria-pressed": String(layer.bias), onclick: () => {
    layer.bias = !layer.bias;
    page.set({});
  } }, "bias");
