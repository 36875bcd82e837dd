export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "batch_norm: " + JSON.stringify(model.get("state"));
  },
};
