"""The trusted grader: student code runs in a sandbox, the verdict is computed outside it."""

import os

if os.name != "posix":
    raise SystemExit("The grader needs Linux (or macOS with --unsandboxed). On Windows, run it in WSL2 or a container.")
