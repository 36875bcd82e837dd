export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "matrix: " + JSON.stringify(model.get("state"));
  },
};
