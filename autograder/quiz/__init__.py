"""A quiz in versions: the course's questions with other numbers on each, and the wrong answers one will meet.

select.py     the questions that can be asked with other numbers
versions.py   each version's numbers, and its choices from known mistakes
written.py    an answer as it is written: on paper, and in a field of a learning system
sheets.py     the sheets and the key, by the same printing as all PDFs
moodle.py     Moodle's XML
canvas.py     QTI 1.2, as Canvas takes it, by the library text2qti
command.py    `python -m autograder quiz`
"""
