"""Find a browser, lay a page out, measure it, print it. Nothing comes from the net: every request is
answered here."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .notebook import PdfError

VARIABLE = "COURSE_BROWSER"
HOST = "http://course.invalid"
COMMANDS = (
    *(
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "chrome-headless-shell",
    ),
    *("microsoft-edge", "microsoft-edge-stable", "msedge", "brave-browser"),
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)
OLDEST = 131  # the first that prints page numbers and titles in the margin from CSS
NONE = (
    "No browser was found to print with. Install Chromium, Chrome or Edge, or run "
    f"`playwright install chromium`, or set {VARIABLE} to a browser's program; "
    "`make setup` brings typst, which prints without one."
)
# millimetres: width, height
PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
MARGIN_X, MARGIN_TOP, MARGIN_BOTTOM = 18.0, 20.0, 18.0
PIXELS = 96 / 25.4
# one page prints everything: a document is laid into it, and fonts that are loaded stay
BLANK = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>-</title></head><body></body></html>'
LAY = """async html => {
  const next = new DOMParser().parseFromString(html, 'text/html')
  const had = new Set([...document.querySelectorAll('style.fonts')].map(style => style.textContent))
  document.querySelectorAll('style:not(.fonts)').forEach(style => style.remove())
  for (const style of next.querySelectorAll('style'))
    if (!had.has(style.textContent)) document.head.append(document.adoptNode(style))
  document.title = next.title
  document.documentElement.lang = next.documentElement.lang
  document.body.replaceWith(document.adoptNode(next.body))
  document.body.getBoundingClientRect()
  await document.fonts.ready
  await Promise.all([...document.images].map(image => image.decode().catch(() => null)))
}"""
TYPES = {".js": "text/javascript", ".woff": "font/woff", ".ttf": "font/ttf", ".css": "text/css"}


class NoBrowser(PdfError):
    """There is none; typst may print instead."""


def find_browser(playwrights: str = "") -> str:
    """The program to print with: the environment's, the system's, then playwright's own."""
    if named := os.environ.get(VARIABLE):
        program = shutil.which(named)
        if not program:
            raise PdfError(f"{VARIABLE} is {named!r}, and that is not a program on this machine.")
        return program
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    found = found or next((place for place in PLACES if Path(place).exists()), None)
    if not found and playwrights and Path(playwrights).exists():
        found = playwrights
    if not found:
        raise NoBrowser(NONE)
    return found


def content_size(paper: str) -> tuple[float, float]:
    """Width and height in CSS pixels of the part of a page inside the margins."""
    width, height = PAPERS[paper]
    return (width - 2 * MARGIN_X) * PIXELS, (height - MARGIN_TOP - MARGIN_BOTTOM) * PIXELS


def folder(place: Path) -> Callable[[str], bytes | None]:
    """Reads the files that lie in one folder."""

    def read(name: str) -> bytes | None:
        file = place / name
        return file.read_bytes() if "/" not in name and file.is_file() else None

    return read


def needs_no_sandbox() -> bool:
    """A browser refuses its own sandbox as root, and lacks what it takes in most containers."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return root or Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


@contextmanager
def open_engine(paper: str) -> Iterator["Engine"]:
    """A running browser, closed at the end. Raises PdfError in one sentence when there is none."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise NoBrowser("The package playwright is missing. Run `make setup`.") from None
    try:
        playwright = sync_playwright().start()
    except Exception as error:  # its own program may miss a library of the system's
        raise NoBrowser(f"Playwright, which moves the browser, did not start ({error}).") from None
    try:
        program = find_browser(playwright.chromium.executable_path)
        flags = [
            "--disable-gpu",
            "--font-render-hinting=none",
            "--disable-extensions",
            "--force-color-profile=srgb",
        ]
        try:
            browser = playwright.chromium.launch(
                executable_path=program, chromium_sandbox=not needs_no_sandbox(), args=flags
            )
        except Error as error:
            first = str(error).strip().splitlines()[0]
            fault = PdfError if os.environ.get(VARIABLE) else NoBrowser
            raise fault(f"{program} did not start ({first}). Set {VARIABLE} to another browser.") from None
        try:
            version = browser.version
            if int(version.split(".")[0]) < OLDEST:
                fault = PdfError if os.environ.get(VARIABLE) else NoBrowser
                raise fault(f"{program} is version {version}; printing needs {OLDEST}. Set {VARIABLE} to a newer one.")
            yield Engine(browser, program, version, paper)
        finally:
            browser.close()
    finally:
        playwright.stop()


class Engine:
    """A browser that prints. `files` maps the beginning of an address to what reads the rest of it."""

    def __init__(self, browser: Any, program: str, version: str, paper: str) -> None:
        self.browser, self.program, self.version, self.paper = browser, program, version, paper
        self.files: dict[str, Callable[[str], bytes | None]] = {}
        width, height = content_size(paper)
        size = {"width": int(width), "height": int(height)}
        # what is printed may hold a student's HTML: no scripts there
        self.plain = browser.new_context(viewport=size, java_script_enabled=False, locale="en-US", offline=False)
        self.sheet: Any = None
        self.scripted = browser.new_context(viewport=size, locale="en-US")

    def page(self, html: str, scripts: bool = False) -> Any:
        """Open a document. Its fonts and scripts come from `files`; any other address is refused."""
        page = (self.scripted if scripts else self.plain).new_page()

        def answer(route: Any) -> None:
            address = route.request.url.split("?")[0]
            path = address.removeprefix(HOST)
            if path == "/":
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
                return
            for prefix, read in self.files.items():
                found = address.startswith(HOST + prefix) and read(path.removeprefix(prefix))
                if found:
                    kind = TYPES.get(path[path.rindex(".") :], "application/octet-stream")
                    route.fulfill(body=found, content_type=kind)
                    return
            route.abort()

        page.route("**/*", answer)
        page.goto(HOST + "/", wait_until="load")
        return page

    def print(self, html: str, measure: str | None = None) -> tuple[bytes, Any]:
        """The PDF of a document, and what the script `measure` says of its printed layout."""
        if self.sheet is None:
            self.sheet = self.page(BLANK)
            self.sheet.emulate_media(media="print", color_scheme="light")
        self.sheet.evaluate(LAY, html)
        said = self.sheet.evaluate(measure) if measure else None
        pdf = self.sheet.pdf(tagged=True, outline=True, prefer_css_page_size=True, print_background=True)
        return pdf, said
