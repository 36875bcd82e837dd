"""A picture takes the page's colours, and its words are left where it may not be shown."""

import re

from matplotlib.figure import Figure

from utils.notebook.pictures import _saved, page


def drawn() -> str:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([1, 2], [3, 1], color="#0b63b0", label="falls")
    axes.legend()
    axes.text(1.5, 2, "on blue", color="#111111")
    return page(_saved(figure, "svg", transparent=True).decode(), 'It falls, "steeply" & at once.')


def test_black_follows_the_page_and_the_background_is_the_page() -> None:
    html = drawn()
    assert "#000000" not in html and "currentColor" in html and "--jp-content-font-color1" in html
    assert "#0b63b0" in html and "#111111" in html, "colours of one's own stay"
    background = re.search(r'id="patch_1">.*?style="([^"]*)"', html, re.DOTALL)
    legend = re.search(r'id="legend_1">.*?style="([^"]*)"', html, re.DOTALL)
    assert background and "fill: none" in background[1], background
    assert legend and "fill: none" in legend[1], legend


def test_colours_of_lines_are_lifted_on_a_dark_page_and_greys_are_left() -> None:
    html = drawn()
    lifted = "color-mix(in oklab,#0b63b0,currentColor var(--lift,0%))"
    assert f"stroke: {lifted}" in html and "--lift:45%" in html and 'class="lesson-picture"' in html
    assert "color-mix(in oklab,#111111" not in html


def test_the_words_are_heard_and_can_be_read() -> None:
    html = drawn()
    words = "It falls, &quot;steeply&quot; &amp; at once."
    assert f'role="img" aria-label="{words}"' in html
    assert words in re.sub(r"<svg.*</svg>", "", html, flags=re.DOTALL)
