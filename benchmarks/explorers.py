"""From key to picture: how long an explorer takes in a real JupyterLab. `python -m benchmarks.explorers`"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.results import machine, table, write_section
from tests.browser.conftest import FLAGS
from tests.browser.lab import Lab, chromium
from tests.browser.test_notebooks import PICTURES, gallery
from utils import explore

# the browser's own clock: from the key event to the change of the picture, and to the frame that shows it
PRESS = """(explorer) => new Promise((done) => {
  const start = performance.now();
  let changed = null;
  const watch = new MutationObserver(() => { changed ??= performance.now() - start; });
  watch.observe(explorer, { subtree: true, childList: true, attributes: true, characterData: true });
  const key = explorer.dataset.turn === 'back' ? 'ArrowLeft' : 'ArrowRight';
  explorer.dataset.turn = explorer.dataset.turn === 'back' ? 'on' : 'back';
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  requestAnimationFrame(() => setTimeout(() => { watch.disconnect(); done([changed, performance.now() - start]); }));
})"""


def measure(presses: int = 40) -> dict[str, list[tuple[float, float]]]:
    """Explorer -> [(ms until the picture has changed, ms until its frame is drawn)]."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS.split())
        try:
            notebook = gallery(lab, browser.new_page(viewport={"width": 1280, "height": 900}))
            for i, name in enumerate(PICTURES, 1):
                explorer = notebook.show(i).locator(".cnn-explorer")
                explorer.locator(".cnn-board [tabindex='0']").first.focus()
                found[name] = [tuple(explorer.evaluate(PRESS)) for _ in range(presses)][2:]
            notebook.close()
        finally:
            browser.close()
            lab.stop()
    return found


def call_and_still(name: str) -> tuple[float, float]:
    """Milliseconds of the call, and of drawing its still (the third time: imports are done)."""
    for _ in range(3):
        start = time.perf_counter()
        picture = getattr(explore, name)()
        called = time.perf_counter()
        picture._repr_mimebundle_()
        drawn = time.perf_counter()
    return 1e3 * (called - start), 1e3 * (drawn - called)


def section(found: dict[str, list[tuple[float, float]]]) -> str:
    rows = []
    for name, times in found.items():
        columns = [
            f"{statistics.median(each):.1f} / {statistics.quantiles(each, n=10)[-1]:.1f}"
            for each in zip(*times, strict=True)
        ]
        call, still = call_and_still(name)
        rows.append([f"`{name}`", *columns, f"{call:.1f}", f"{still:.0f}"])
    header = ["explorer", "picture changed, ms", "frame drawn, ms", "the call, ms", "its still, ms"]
    load, _, _ = os.getloadavg()
    return (
        f"## Explorers: from key to picture\n\n{table(header, rows)}\n\n"
        "Median / 90th percentile. JupyterLab in headless Chromium, by its clock; no kernel takes part. "
        f"{machine()}, load {load:.0f}. `python -m benchmarks.explorers`"
    )


if __name__ == "__main__":
    if chromium() is None:
        raise SystemExit("explorers: there is no Chromium or Chrome on this machine")
    text = section(measure())
    print(text)
    write_section("explorers", text)
