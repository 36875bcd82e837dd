"""The autograder under test: wrong answers must lose points with their own name, right ones must score in full.

command.py    python -m autograder mutate
solved.py     a master's solution as names, and its checks as functions
mistakes.py   every known mistake as an answer to every question it is about
changes.py    the small changes that make a mutant out of a solution
mutants.py    every mutant of every solution against the question's checks
public.py     what passes in public and fails hidden: nothing may
others.py     other right answers, and answers that only look right
"""
