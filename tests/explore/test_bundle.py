"""Several files become one module: names of one file do not meet those of another; what cannot be joined is refused."""

from pathlib import Path

import pytest

from tests.explore.test_explorers import run_javascript
from utils.explore.bundle import module


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_a_page_with_imports_over_several_lines_and_names_that_clash(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        numbers="const secret = 1;\nexport const one = secret;\nexport function two() {\n  return one + 1;\n}\n",
        words='import { two } from "./numbers.js";\nconst secret = "w";\nexport const word = () => secret + two();\n',
        page='import {\n  one,\n  two as pair,\n} from "./numbers.js";\nimport { word } from "./words.js";\n'
        "const secret = 3;\nconsole.log(one, pair(), word(), secret);\nexport default { one };\n",
    )
    text = module("page", folder)
    assert text.count("const $numbers") == 1, "a file that two others import is there once"
    assert run_javascript(text).split() == ["1", "2", "w2", "3"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ('const a = 1;\nimport * as all from "./other.js";\n', r"page.js:2: 'import \* as all .*write import"),
        ("export { a };\n", "page.js:1: 'export { a };'"),
        ('import { a } from "https://example.org/a.js";\n', "page.js:1: .*a page is one module"),
        ('import { a } from "./missing.js";\n', "page.js needs missing.js, which is not in"),
        ('import { a } from "./ring.js";\n', "page.js imports ring.js imports page.js: files cannot import each other"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_line(tmp_path: Path, page: str, words: str) -> None:
    folder = written(tmp_path, page=page, ring='import { b } from "./page.js";\nexport const a = b;\n', other="")
    with pytest.raises(ValueError, match=words):
        module("page", folder)


def test_a_name_that_nobody_exports_is_said(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text('import { size, other } from "./links.js";\n')
    (tmp_path / "links.js").write_text("export const size = 1;\n")
    with pytest.raises(ValueError, match=r"page.js imports other from links.js, which does not export it"):
        module("page", tmp_path)
