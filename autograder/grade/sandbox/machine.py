"""What Python needs to see of this machine inside a sandbox, and no more."""

import os
import shutil
import sys
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """All that the sandbox may know of the outside's environment variables: nothing."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(font_list(folder)),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # else each thread reserves 64 MB of the address space, of which there is 1 GB
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": str(folder / "scratch" / "notebooks"),
    }


def font_list(folder: Path) -> Path:
    """A private copy of matplotlib's list of fonts: making it anew would cost each sandbox seconds."""
    import matplotlib

    copy = folder / "matplotlib"
    if not copy.is_dir():
        copy.mkdir()
        for found in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
            shutil.copy(found, copy)
    return copy


def libraries() -> list[str]:
    """The folders of installed packages, wherever this Python has them."""
    return [p for p in sys.path if p.rstrip("/").endswith(("site-packages", "dist-packages")) and os.path.isdir(p)]


def readable_paths() -> list[str]:
    """Python itself, its packages, and the system's libraries."""
    paths = [sys.prefix, os.path.realpath(sys.prefix), sys.base_prefix, os.path.realpath(sys.base_prefix)]
    paths += ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
    paths += libraries()
    found: list[str] = []
    for path in paths:
        if os.path.exists(path) and path not in found:
            found.append(path)
    return found
