"""Numbers in sentences."""


def counted(number: float, what: str) -> str:
    """ "1 page", "3 pages", "0.5 points"."""
    shown = f"{number:g}" if isinstance(number, float) else number
    return f"{shown} {what}{'' if number == 1 else 's'}"
