"""Points in time as course systems write them, in seconds since 1970. Without a zone: by this machine's clock."""

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name}
_NUMBERS = re.compile(r"(\d{4})[-_/.]?(\d\d)[-_/.]?(\d\d)(?:[T _-]*(\d\d)[-_:.h]?(\d\d)(?:[-_:.]?(\d\d))?)?")
_WORDS = re.compile(r"(?:(\d{1,2})\.? )?([^\W\d_]{3,12})\.?(?: (\d{1,2}))?,? (\d{4})(?:,? (\d{1,2})[:.h -]?(\d\d))?")
_HALF = re.compile(r"\b([ap])\.?\s?m\b", re.I)
_ZONE = re.compile(r"(?:\b(?:UTC|GMT|Z)|(?<=\d)Z|([+-])(\d\d):?(\d\d))\s*$")


def moment(text: str) -> float | None:
    """The first date and time in `text`; None when there is none."""
    if found := _NUMBERS.search(text):
        numbers = [int(n) if n else 0 for n in found.groups()]
        rest = text[found.end() :]
    elif (found := _WORDS.search(text)) and (month := MONTHS.get(found[2][:3].lower())):
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


def _zone(text: str) -> timezone | None:
    found = _ZONE.search(text)
    if not found:
        return None
    if not found[1]:
        return UTC
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-shift if found[1] == "-" else shift) if shift < timedelta(hours=24) else UTC
