export default {
  render({ model, el }) {
    el.classList.add("cnn-explorer");
    el.textContent = "slide_1d: " + JSON.stringify(model.get("state"));
  },
};
