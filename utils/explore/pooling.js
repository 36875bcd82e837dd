export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "pooling: " + JSON.stringify(model.get("state"));
  },
};
