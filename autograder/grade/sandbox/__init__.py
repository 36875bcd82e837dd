"""The ways to run a student's process apart from everything else, best first: see `choose.py`."""

from .backend import Backend
from .choose import NoSandbox, choose
from .process import Sandbox, SandboxFailed

__all__ = ["Backend", "NoSandbox", "Sandbox", "SandboxFailed", "choose"]
