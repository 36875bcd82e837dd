"""Pages that are not JupyterLab's: an explorer takes their ink, and its words for a sleeping picture go away."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

CSS = (Path(__file__).parents[2] / "utils" / "explore" / "explore.css").read_text(encoding="utf8")
WIDGETS = "--jp-layout-color0: white; --jp-content-font-color1: black;"  # what ipywidgets' own style says, dark or not
PAGES = {
    "VS Code": (
        f"{WIDGETS} --vscode-editor-background: #1f1f1f; --vscode-editor-foreground: #cccccc",
        "cell_container",
    ),
    "Colab": (f"{WIDGETS} --colab-primary-surface-color: #383838; --colab-primary-text-color: #d5d5d5", ""),
    "Colab, light": (f"{WIDGETS} --colab-primary-surface-color: white; --colab-primary-text-color: #212121", ""),
    "a plain page": ("", ""),
}
LOOK = """() => {
  const root = document.querySelector(".cnn-explorer"), pen = new OffscreenCanvas(1, 1).getContext("2d");
  const light = (colour) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const shares = [...pen.getImageData(0, 0, 1, 1).data].map((v) => v / 255);
    const [r, g, b] = shares.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = light(getComputedStyle(root).backgroundColor);
  return [...root.querySelectorAll("b")].map((b) => {
    const [low, high] = [page, light(getComputedStyle(b).color)].sort((p, q) => p - q);
    return (high + 0.05) / (low + 0.05);
  });
}"""


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_colours_can_be_read_whatever_the_system_prefers(browser: Browser, name: str, system: str) -> None:
    variables, cell = PAGES[name]
    arrays = "".join(f'<div class="cnn-{a}"><div class="cnn-title"><b>{a}</b></div></div>' for a in "xwy")
    words, wrong = '<p class="cnn-asleep">No picture below?</p>', '<b class="cnn-wrong">wrong</b>'
    context = browser.new_context(color_scheme="dark" if system == "dark" else "light")
    page = context.new_page()
    page.set_content(
        f'<html><style>:root {{{variables}}}{CSS}</style><body><div id="output-area"><div class="{cell}">{words}'
        f'<section class="cnn-explorer">{arrays}{wrong}</section></div></div></body></html>'
    )
    contrasts = page.evaluate(LOOK)
    assert len(contrasts) == 4 and min(contrasts) >= 4.5, contrasts
    assert not page.locator(".cnn-asleep").is_visible()
    page.evaluate("document.querySelector('.cnn-explorer').remove()")
    assert page.locator(".cnn-asleep").is_visible()
    context.close()
