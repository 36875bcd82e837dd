"""From key to picture: how long an explorer takes in a real JupyterLab. `python -m benchmarks.explorers`"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.lab import Lab, chromium
from tests.browser.test_notebooks import PICTURES, gallery
from utils import explore

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "## Explorers: from key to picture"

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


def table(found: dict[str, list[tuple[float, float]]]) -> str:
    head = (
        "| explorer | picture changed, median / p90 ms | frame drawn, median / p90 ms | the call, ms | its still, ms |"
    )
    lines = [TITLE, "", head, "|---|---|---|---|---|"]
    for name, times in found.items():
        columns = []
        for each in zip(*times, strict=True):
            columns.append(f"{statistics.median(each):.1f} / {statistics.quantiles(each, n=10)[-1]:.1f}")
        call, still = call_and_still(name)
        lines.append(f"| `{name}` | {' | '.join(columns)} | {call:.1f} | {still:.0f} |")
    note = "JupyterLab in headless Chromium, by its clock; no kernel takes part. `python -m benchmarks.explorers`"
    return "\n".join([*lines, "", note, ""])


def write(section: str) -> None:
    """Put the section into RESULTS.md, in the place of the old one."""
    text = RESULTS.read_text(encoding="utf8") if RESULTS.exists() else ""
    before, _, rest = text.partition(TITLE)
    after = rest[rest.index("\n## ") + 1 :] if "\n## " in rest else ""
    RESULTS.write_text(
        "\n".join(part.rstrip("\n") + "\n" for part in (before, section, after) if part.strip()), encoding="utf8"
    )


if __name__ == "__main__":
    section = table(measure())
    print(section)
    write(section)
