"""Numbers of each student's own: chosen by the course's secret, handed out in a zip each, remembered for the grader.

secret.py    the secret, and what follows from it
ledger.py    what was handed out to whom: the grader reads it
answers.py   right answers of a student's own public checks, for the checker in that student's hands
zips.py      one student's zip
command.py   `python -m autograder hand-out --roster FILE`
"""
