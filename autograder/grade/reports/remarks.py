"""What a check says to a student, out of what otter says to a teacher."""

import re

_MISTAKE = re.compile(r"(?:\n\[second mistake: [a-z0-9-]+\])?\n?\[mistake: [a-z0-9-]+\]\s*\Z")
_SECOND = re.compile(r"\n\[second mistake: ([a-z0-9-]+)\]\n\[mistake: [a-z0-9-]+\]\s*\Z")


def second_mistake(message: str) -> str:
    """The name of a mistake that was made together with the one that counts; "" where there is none."""
    found = _SECOND.search(message)
    return found.group(1) if found else ""


def remark(message: str) -> str:
    """Otter's message without its frame."""
    text = _MISTAKE.sub("", message)
    if "\nFailure: " in text:
        return text.split("\nFailure: ", 1)[1]
    return text.removeprefix("❌ Test case failed\n")
