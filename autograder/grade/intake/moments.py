"""Points in time as course systems write them, in seconds since 1970. Without a zone: by this machine's clock.

Each form is listed, since a parser that guesses (dateutil's) finds a date in nearly any name of a file.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = (  # how their names begin without accents, in the languages that course systems are used in most
    "jan gen ene oca", "feb fev sub", "mar mrt maa", "apr avr abr nis", "may mai mag mei maj", "jun juin giu haz",
    "jul juil lug tem", "aug aou ago agu", "sep set eyl", "oct okt out ott eki", "nov kas", "dec dez dic ara",
)  # fmt: skip
MONTHS = {start: number for number, starts in enumerate(_MONTHS, 1) for start in starts.split()}
_NUMBERS = re.compile(r"(\d{4})[-_/.]?(\d\d)[-_/.]?(\d\d)(?:[T _-]*(\d\d)[-_:.h]?(\d\d)(?:[-_:.]?(\d\d))?)?")
_WORDS = re.compile(
    r"(?:(\d{1,2})\.?(?: de)? )?([^\W\d_]{3,12})\.?(?: de)?(?: (\d{1,2}))?,? (\d{4})"
    r"(?:,? (\d{1,2})(?: h |[:.h _-])?(\d\d))?"
)
_DOTS = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})(?: (\d{1,2})[.:h_](\d\d))?")
_SIGNS = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일](?: ?(\d{1,2})[-_:.时時시]?(\d\d))?")
_HALF = re.compile(r"\b([ap])\.?\s?m\b", re.I)
_ZONE = re.compile(r"(?:\b(?:UTC|GMT|Z)|(?<=\d)Z|([+-])(\d\d):?(\d\d))\s*$")


def moment(text: str) -> float | None:
    """The first date and time in `text`; None when there is none."""
    if found := _NUMBERS.search(text):
        numbers = [int(n) if n else 0 for n in found.groups()]
        rest = text[found.end() :]
    elif found := _SIGNS.search(text):
        numbers = [*(int(n) if n else 0 for n in found.groups()), 0]
        rest = text[found.end() :]
    elif found := _DOTS.search(text):
        day, month, year, hour, minute = (int(n) if n else 0 for n in found.groups())
        numbers = [year, month, day, hour, minute, 0]
        rest = text[found.end() :]
    elif (found := _WORDS.search(text)) and (month := _month(found[2])):
        numbers = [int(found[4]), month, int(found[1] or found[3] or 0), int(found[5] or 0), int(found[6] or 0), 0]
        rest = text[found.end() :]
    else:
        return None
    if half := _HALF.search(rest):
        numbers[3] = numbers[3] % 12 + 12 * (half[1].lower() == "p")
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(rest)).timestamp()
    except (ValueError, OverflowError):  # there is no such day
        return None


def _month(word: str) -> int | None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    return MONTHS.get(plain[:4]) or MONTHS.get(plain[:3])


def _zone(text: str) -> timezone | None:
    found = _ZONE.search(text)
    if not found:
        return None
    if not found[1]:
        return UTC
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-shift if found[1] == "-" else shift) if shift < timedelta(hours=24) else UTC
