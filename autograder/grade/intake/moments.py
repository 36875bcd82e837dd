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
_FORMS = (
    re.compile(
        r"(?P<year>\d{4})[-_/.]?(?P<month>\d\d)[-_/.]?(?P<day>\d\d)"
        r"(?:[T _-]*(?P<hour>\d\d)[-_:.h]?(?P<minute>\d\d)(?:[-_:.]?(?P<second>\d\d))?)?"
    ),
    re.compile(
        r"(?P<year>\d{4})[年년] ?(?P<month>\d{1,2})[月월] ?(?P<day>\d{1,2})[日일]"
        r"(?: ?(?P<hour>\d{1,2})[-_:.时時시]?(?P<minute>\d\d))?"
    ),
    re.compile(r"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})(?: (?P<hour>\d{1,2})[.:h_](?P<minute>\d\d))?"),
    re.compile(
        r"(?:(?P<day>\d{1,2})\.?(?: de)? )?(?P<month>[^\W\d_]{3,12})\.?(?: de)?(?: (?P<day_behind>\d{1,2}))?"
        r",? (?P<year>\d{4})(?:,? (?P<hour>\d{1,2})(?: h |[:.h _-])?(?P<minute>\d\d))?"
    ),
)
_HALF = re.compile(r"\b([ap])\.?\s?m\b", re.I)
_ZONE = re.compile(r"(?:\b(?:UTC|GMT|Z)|(?<=\d)Z|([+-])(\d\d):?(\d\d))\s*$")


def moment(text: str) -> float | None:
    """The first date and time in `text`; None when there is none."""
    found = next(filter(None, (form.search(text) for form in _FORMS)), None)
    month = _month(found["month"]) if found else None
    if found is None or month is None:
        return None
    said = {key: int(value) for key, value in found.groupdict().items() if value and key != "month"}
    day, hour, second = said.get("day", said.get("day_behind", 0)), said.get("hour", 0), min(said.get("second", 0), 59)
    rest = text[found.end() :]
    if half := _HALF.search(rest):
        hour = hour % 12 + 12 * (half[1].lower() == "p")
    try:
        return datetime(said["year"], month, day, hour, said.get("minute", 0), second, tzinfo=_zone(rest)).timestamp()
    except (ValueError, OverflowError):  # there is no such day
        return None


def _month(word: str) -> int | None:
    if word.isdigit():
        return int(word)
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
