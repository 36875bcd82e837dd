"""Why a command stops: what the person who typed it can mend."""


class CommandError(Exception):
    """One sentence, or one a line. `python -m autograder` prints it without a traceback and exits with `status`."""

    status = 1
