"""Notebooks -> PDFs fit to hand out, one idea per file.

command.py    what to print, and with which engine
printer.py    one notebook after the other
book.py       the whole course as one PDF
notebook.py   a notebook's cells and the part each plays (text, code, answer, solution, plumbing)
submissions.py  what students handed in: notebooks, zips and folders, as `grade` finds them
spoilers.py   which executed outputs a worksheet may show
markdown.py   a cell's markdown -> clean HTML, formulas taken out
outputs.py    a cell's outputs -> HTML, every picture with an alternative text
math.py       formulas -> HTML, offline; one that does not set is an error
fonts.py      MathJax's fonts, made fit to embed
boxes.py      how much room an answer needs on paper
document.py   everything together -> one HTML page (template.html, print.css)
engine.py     find a browser, lay out, measure, print
sheets.py     parts -> a browser's sheets, nothing wider than the paper
fallback.py   the same without a browser: typst.py writes Typst (sheet.typ is its look), vector.py sets formulas
contents.py   headings and their page numbers; the course's table of contents
finish.py     dates, title, language: the same source gives the same bytes
artifacts.py  margins and lines, marked so that screen readers pass over them
check.py      what a finished PDF must have
deliver.py    finishing and checking, beside the printing of the next one
"""
