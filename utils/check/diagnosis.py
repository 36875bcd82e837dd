"""What recognition hands back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """The mistake behind an answer: `says` tells what happened, `asks` is a question that leads on."""

    name: str
    says: str
    asks: str
