"""What recognition hands back."""

from dataclasses import dataclass

from .forks.fork import Turns


@dataclass(frozen=True)
class Diagnosis:
    """The mistake behind an answer: `says` tells what happened, `asks` is a question that leads on.

    `also`: the second of two mistakes, or what else gives the same numbers; `names`: of all programs spoken of.
    `second`: the name of the second of two mistakes that are both there.
    `walks`: the wrong turns of each explanation that is told, for who wants to see what they compute.
    """

    name: str
    says: str
    asks: str
    also: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    second: str = ""
    walks: tuple[Turns, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The remark, line by line."""
        return [self.says, *self.also, self.asks]
