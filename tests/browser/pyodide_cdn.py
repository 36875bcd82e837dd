"""Pyodide's CDN, acted by this machine: core from npm, pure wheels from PyPI, stand-ins for what is compiled."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Route

from autograder.site.packages import CARRIED

# what the page's kernel loads before the first cell runs, and what the site's first cell asks for
WANTED = ["micropip", "ipython", "jedi", "six", *CARRIED]
KINDS = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}
# otter imports these packages, but its check does not use them
STAND_IN = """import sys, types
from importlib.machinery import ModuleSpec
from unittest.mock import MagicMock

class Absent(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        base = Exception if name.endswith(("Error", "Exception")) else MagicMock
        return type(name, (base,), {}) if name[0].isupper() else MagicMock()

class Finder:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self, is_package=True) if name.startswith(__name__ + ".") else None
    def create_module(self, spec):
        return Absent(spec.name)
    def exec_module(self, module):
        pass

sys.modules[__name__].__class__ = Absent
sys.meta_path.insert(0, Finder())
"""


def closure(lock: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """WANTED and all that these depend on: name -> entry of the lock."""
    todo, found = list(WANTED), {}
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = lock["packages"][name]
            todo += found[name]["depends"]
    return found


def is_pure(package: dict[str, Any], lock: dict[str, Any]) -> bool:
    """Whether a package and all it stands on are plain Python, so that PyPI has them as the CDN does."""
    below = (lock["packages"][name.lower().replace("_", "-")] for name in package["depends"])
    return package["file_name"].endswith("none-any.whl") and all(is_pure(one, lock) for one in below)


def pure_wheels(packages: list[dict[str, Any]], folder: Path) -> dict[str, bytes]:
    """File name -> wheel, from PyPI."""
    missing = [p for p in packages if not (folder / p["file_name"]).exists()]
    if missing:
        names = [f"{package['name']}=={package['version']}" for package in missing]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=any"]
        subprocess.run([*pip, "--python-version=3.14", f"--dest={folder}", *names], check=True, timeout=300)
    return {package["file_name"]: (folder / package["file_name"]).read_bytes() for package in packages}


def stand_in(package: dict[str, Any]) -> bytes:
    """A wheel with the package's name and version, whose modules can be imported and do nothing."""
    info = f"{package['name'].replace('-', '_')}-{package['version']}.dist-info"
    files = {f"{module}/__init__.py": STAND_IN for module in package["imports"]}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {package['name']}\nVersion: {package['version']}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = ""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def serve(context: BrowserContext, core: Path, folder: Path) -> None:
    """Answer every request of the page for Pyodide's CDN."""
    lock = json.loads((core / "pyodide-lock.json").read_text(encoding="utf8"))
    wanted = closure(lock).values()
    files = pure_wheels([package for package in wanted if is_pure(package, lock)], folder)
    for package in wanted:
        body = files.setdefault(package["file_name"], stand_in(package))
        # the CDN's wheels are built anew, so even pure ones differ from PyPI's
        package["sha256"] = hashlib.sha256(body).hexdigest()
    files["pyodide-lock.json"] = json.dumps(lock).encode()

    def answer(route: Route) -> None:
        name = route.request.url.split("?")[0].rsplit("/", 1)[-1]
        headers = {
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
            "content-type": KINDS.get(Path(name).suffix, "application/zip"),
        }
        if name in files:
            route.fulfill(body=files[name], headers=headers)
        elif (core / name).exists():
            route.fulfill(body=(core / name).read_bytes(), headers=headers)
        else:
            route.fulfill(status=404, body=f"not here: {name}")

    context.route(re.compile(r"/pyodide/v[\d.]+/full/"), answer)
