"""Practice in a page: the question, a box to type in, two buttons. By mouse, and by keyboard alone."""

from contextlib import suppress
from typing import Any

from utils.check.display import box, paragraphs

VIEW = "application/vnd.jupyter.widget-view+json"


def show(practice: Any) -> None:
    """Show the question below the cell, with a box for the answer; without widgets, with words on how to answer."""
    from IPython.display import Markdown, display

    try:
        import ipywidgets as widgets
    except ImportError:
        display(Markdown(practice.text), Markdown("*Answer with* `.answer(...)`, *ask another one with* `.next()`."))
        return
    question, said, drawn = widgets.Output(), widgets.HTML(), widgets.VBox()
    answer = widgets.Text(description="Answer:")
    answer.continuous_update, answer.layout.width = False, "28em"  # its value changes on Enter
    answer.layout.max_width = "100%"
    check = widgets.Button(description="Check", tooltip="Check this answer (Enter)")
    another = widgets.Button(description="Another one", tooltip="Another question, other numbers")

    def ask(_: Any = None) -> None:
        text = {"text/markdown": practice.text, "text/plain": practice.text}
        question.outputs = ({"output_type": "display_data", "data": text, "metadata": {}},)
        answer.value, answer.placeholder = "", practice.example
        say(practice.line)
        drawn.children = ()

    def judge(_: Any = None) -> None:
        if not answer.value.strip():
            return
        drawn.children = ()
        say(*practice.judge_text(answer.value))
        with suppress(ImportError):  # pictures need one package more than the box
            drawn.children = tuple(picture.widget for picture in practice.pictures())

    def say(*lines: str) -> None:
        said.value = box("Your answer", paragraphs(lines))

    answer.observe(judge, "value")
    check.on_click(judge)
    # Colab has begun with ipywidgets 7, which has no focus()
    another.on_click(lambda _: (practice.next(), ask(), getattr(answer, "focus", lambda: None)()))
    ask()
    row = widgets.HBox([answer, check, another])
    row.layout.flex_flow = "row wrap"  # in a narrow window the buttons stand below
    shown = widgets.VBox([question, row, said, drawn])
    view = {"version_major": 2, "version_minor": 0, "model_id": shown.model_id}
    display({VIEW: view, "text/plain": "A question, and a box for its answer."}, raw=True)  # the same in every build
