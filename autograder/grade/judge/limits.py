"""How long a submission may take, in units of the limit for one cell; a worker is waited for a little longer."""

BUDGET = 15  # the whole submission may take this many times the limit of one cell
GRACE = 30.0
KEPT = 64  # assignments, or students' editions of them, that a worker keeps in mind
JUDGING = 20.0  # seconds of this process's own work for the tests of one question, the student's code not counted
