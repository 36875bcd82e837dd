"""Pyodide's CDN, acted by this machine: the core from npm, pure wheels from PyPI. Compiled wheels are not to be had."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Route

# what the page's kernel loads before the first cell runs, and what otter needs that is pure
WANTED = ["micropip", "ipython", "requests", "click", "platformdirs", "typing-extensions", "traitlets", "six"]


def pure_wheels(lock: dict[str, Any], folder: Path) -> dict[str, Path]:
    """File name -> wheel, for WANTED and all that these depend on, as far as they are pure."""
    todo, found = list(WANTED), set()
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            todo += lock["packages"][name]["depends"]
    packages = [lock["packages"][name] for name in sorted(found)]
    pure = [package for package in packages if package["file_name"].endswith("none-any.whl")]
    missing = [p for p in pure if not (folder / p["file_name"]).exists()]
    if missing:
        names = [f"{package['name']}=={package['version']}" for package in missing]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=any"]
        subprocess.run([*pip, "--python-version=3.14", f"--dest={folder}", *names], check=True, timeout=300)
    return {package["file_name"]: folder / package["file_name"] for package in pure}


def serve(context: BrowserContext, core: Path, folder: Path) -> None:
    """Answer every request of the page for Pyodide's CDN."""
    lock = json.loads((core / "pyodide-lock.json").read_text(encoding="utf8"))
    wheels = pure_wheels(lock, folder)
    # the CDN's wheels are built anew, so their sums differ from PyPI's
    for package in lock["packages"].values():
        if package["file_name"] in wheels:
            package["sha256"] = hashlib.sha256(wheels[package["file_name"]].read_bytes()).hexdigest()
    kinds = {
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".wasm": "application/wasm",
        ".json": "application/json",
    }

    def answer(route: Route) -> None:
        name = route.request.url.split("?")[0].rsplit("/", 1)[-1]
        headers = {
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
            "content-type": kinds.get(Path(name).suffix, "application/zip"),
        }
        if name == "pyodide-lock.json":
            route.fulfill(body=json.dumps(lock), headers=headers)
        elif name in wheels:
            route.fulfill(body=wheels[name].read_bytes(), headers=headers)
        elif (core / name).exists():
            route.fulfill(body=(core / name).read_bytes(), headers=headers)
        else:
            route.fulfill(status=404, body=f"not here: {name}")

    context.route(re.compile(r"/pyodide/v[\d.]+/full/"), answer)
