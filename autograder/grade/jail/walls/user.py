"""Another user, who owns nothing."""

import os

from . import Wall


class Built(Wall):
    """The child becomes the user `uid`; only root can do that."""

    one_core = False  # without every right, a zygote could not let another user's process go

    def __init__(self, uid: int):
        self.uid = uid

    def enter(self) -> None:
        os.setgroups([])
        os.setresgid(self.uid, self.uid, self.uid)
        os.setresuid(self.uid, self.uid, self.uid)
