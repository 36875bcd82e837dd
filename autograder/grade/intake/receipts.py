"""Text files that course systems put beside what was handed in: when it was, and whose it is."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .layouts import Whose
from .moments import moment
from .names import clean
from .owners import Claim

_ATTEMPT = re.compile(r"^(?P<head>.+)_attempt_\d{4}(?:-\d\d){5}")  # of Blackboard
_RECEIPT = re.compile(_ATTEMPT.pattern + r"\.txt$")  # and not a text file that a student handed in
_NAMED = re.compile(r"^Name: *(?P<name>.{1,200}?) *\((?P<login>[^()\n]{1,100})\)\s*$", re.M)

Ask = Callable[[list[Claim]], list[str]]


def with_receipts(claims: list[Claim], ask: Ask) -> list[Claim]:
    """The claims with what receipts say, and without the receipts; `ask` gives the texts of files."""
    receipts = [c for c in claims if is_receipt(c)]
    if not receipts:
        return claims
    texts = dict(zip([c.entry.path for c in receipts], ask(receipts), strict=True))
    times = {path[:-1]: when for path, text in texts.items() if path[-1] == "timestamp.txt" and (when := moment(text))}
    heads = {m["head"]: text for path, text in texts.items() if (m := _RECEIPT.match(path[-1]))}
    names = {head: found for head, text in heads.items() if (found := _NAMED.search(text))}
    return [_told(c, times, names) for c in claims if not is_receipt(c) or c.layout.name == "blackboard"]


def is_receipt(claim: Claim) -> bool:
    end, name = claim.layout.receipt, claim.entry.name
    return bool(end) and (name == end or (end == ".txt" and bool(_RECEIPT.match(name))))


def _told(claim: Claim, times: dict[tuple[str, ...], float], names: dict[str, Any]) -> Claim:
    path = claim.entry.path
    # from outside in: further in, the student may have put another
    when = next((times[path[:n]] for n in range(1, len(path)) if path[:n] in times), 0.0)
    if when and claim.layout.receipt == "timestamp.txt":
        return replace(claim, people=tuple(replace(p, time=when, attempt=p.attempt or when) for p in claim.people))
    found = _ATTEMPT.match(path[-1])
    said = names.get(found["head"]) if found and claim.layout.name == "blackboard" else None
    if found and said and found["head"].endswith(f"_{said['login']}"):
        return replace(claim, people=(_named(claim.people[0], said["name"], said["login"]),))
    return claim


def _named(who: Whose, name: str, login: str) -> Whose:
    return replace(who, student=clean(login), id=clean(login), also=(clean(name),))
