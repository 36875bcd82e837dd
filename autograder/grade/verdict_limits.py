"""How long a submission may take, in units of the limit for one cell; the engine waits a little longer than that."""

BUDGET = 15  # the whole submission may take this many times the limit of one cell
GRACE = 30.0
