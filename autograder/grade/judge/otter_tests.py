"""Otter's own reader and runner of test files, without the rest of otter.

`import otter` also imports pandas, nbconvert and a command line, seconds for each process that grades; the names
below need none of it. The code is otter's, unchanged.
"""

import importlib
import importlib.util
import sys

if "otter" not in sys.modules:
    _spec = importlib.util.find_spec("otter")
    if _spec is None:
        raise ModuleNotFoundError("otter-grader is not installed: run `make setup`")
    sys.modules["otter"] = importlib.util.module_from_spec(_spec)  # the package's folder, its __init__ not run

_test_files = importlib.import_module("otter.test_files")
TestCaseResult = importlib.import_module("otter.test_files.abstract_test").TestCaseResult
TestFile = _test_files.TestFile


def read_test_file(path: str) -> "TestFile":  # type: ignore[valid-type]
    """The test file at `path`, as otter reads it."""
    config = importlib.import_module("otter.nbmeta_config").NBMetadataConfig()
    return _test_files.create_test_file(path, config)
