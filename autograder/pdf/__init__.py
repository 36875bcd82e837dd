"""Notebooks -> PDFs fit to hand out, by Typst alone; one idea per file.

command.py      what to print
printer.py      one notebook after the other, and the whole course as one PDF
notebook.py     a notebook's cells and the part each plays (text, code, answer, solution, plumbing)
submissions.py  what students handed in: notebooks, zips and folders, as `grade` finds them
written.py      answers in words only, of the whole class in one PDF
limited.py      the children that print what strangers handed in
spoilers.py     which executed outputs a worksheet may show
markdown.py     a cell's markdown -> clean HTML, formulas taken out
outputs.py      a cell's outputs -> HTML, every picture with an alternative text
editions.py     what is for the screen alone, and for paper alone
boxes.py        what an empty answer looks like: boxes for numbers, lines for code and words
document.py     everything together -> the HTML of a worksheet, of solutions, of a submission
formulas.py     TeX -> Typst's mathematics; what does not set is an error
writer.py       HTML -> Typst; look.typ says what it looks like
press.py        Typst -> PDF/UA-1
"""
