"""Run attacks under a given sandbox and print scores as JSON: `python -m tests.grade.run_attacks BACKEND NAME...`.

A program of its own, so that a test can run it as another user.
"""

import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.grade.judge.workers import Options, close_workers, grade_submission
from tests.grade.small import SMALL
from tests.grade.test_hostile import SECONDS, Target, everything, notebook_of


def main(backend: str, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        (Path(folder) / "canary").write_text("unharmed")
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        try:
            target = Target(Path(folder), process, server, "no secret here")
            table = everything()
            results = {}
            for name in names or table:
                cells, right = table[name]
                data = notebook_of(target, right, dict(cells))
                results[name] = grade_submission(SMALL, data, Options(SECONDS, backend))
            target.assert_unharmed()
        finally:
            process.kill()
            process.wait()
            close_workers()
    print(json.dumps({name: [r.status, r.score, r.reason] for name, r in results.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
