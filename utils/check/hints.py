"""What an exception's words usually mean in this course: a remark and a question, never the answer."""

import re

_TABLE: list[tuple[str, str, str]] = [
    (
        "'float' object cannot be interpreted|must be integers|slice indices must be",
        "NumPy wanted a whole number here and got a fraction.",
        "Which of your sizes comes from `/`, and what should happen to a window that only half fits?",
    ),
    (
        "broadcast|shape.mismatch|not aligned|core dimension|incompatible",
        "Two arrays meet whose sizes do not fit.",
        "Which shapes do the two sides have in this line? Print them before it. Which one surprises you?",
    ),
    (
        "out of bounds|index out of range",
        "An index points outside of its array.",
        "For the last value of your loop variable, which entries do you read, and do they all exist?",
    ),
    ("too many indices", "The array has fewer axes than you index.", "What is its `.shape` at this line?"),
    (
        "is not defined",
        "Python does not know this name.",
        "Is it spelled the same everywhere, and was its cell run?",
    ),
    (
        "positional argument|unexpected keyword|required keyword",
        "The check calls your function with the arguments shown above.",
        "Does the first line of your `def` still have all of the parameters it came with?",
    ),
    (
        "read-only",
        "Your code writes into an array that it was given.",
        "Where do you need a `.copy()`, or a new array for the result?",
    ),
    ("NoneType", "A value is None here.", "Which function before this line has no `return`?"),
    ("recursion", "The function calls itself without end.", "Did you mean to call another function?"),
    (
        "division by zero",
        "Something is divided by zero.",
        "Which number is zero here, and for which arguments?",
    ),
]


def hint_for(message: str) -> tuple[str, str]:
    """(says, asks) for an exception's message; two empty texts when nothing is known."""
    for pattern, says, asks in _TABLE:
        if re.search(pattern, message):
            return says, asks
    return "", ""
