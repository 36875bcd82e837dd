"""One section of a course on a few pages: a worksheet, its solutions, a notebook, and a plan for whoever teaches it.

select.py     the questions, and what each needs of earlier ones
sheets.py     worksheet and solutions, by the same printing as all PDFs
notebook.py   the notebook: the chosen questions, with what they need given
plan.py       minute by minute: what to draw, what goes wrong, what to ask back
command.py    `python -m autograder section`
"""
