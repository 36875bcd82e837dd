export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "shapes: " + JSON.stringify(model.get("state"));
  },
};
