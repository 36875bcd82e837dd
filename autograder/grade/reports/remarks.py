"""What a check says to a student, out of what otter says to a teacher."""

import re

_MISTAKE = re.compile(r"\n?\[mistake: [a-z0-9-]+\]\s*\Z")


def remark(message: str) -> str:
    """Otter's message without its frame."""
    text = _MISTAKE.sub("", message)
    if "\nFailure: " in text:
        return text.split("\nFailure: ", 1)[1]
    return text.removeprefix("❌ Test case failed\n")
