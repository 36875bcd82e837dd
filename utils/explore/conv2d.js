export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "conv2d: " + JSON.stringify(model.get("state"));
  },
};
