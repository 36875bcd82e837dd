"""Exceptions whose words alone say what happened.

Lines of patterns, any of which is looked for in "TYPE: MESSAGE"; below them what happened, and one question back.
"""

import re
from collections.abc import Iterator

from .cause import Cause

_WORDS = r"""
slice indices must be integers
  A slice needs whole numbers, and it got a float or a tuple.
  Which number beside a `:` comes from `/`, and which one is a tuple of two, as a stride or a padding may be?

Read-only file system|Errno 13?\] (Operation not permitted|Permission denied)$|in name resolution
  An answer is graded alone: it starts no other process, uses no network, and writes only beside the notebook.
  How can the same be done in this process, with a loop or with NumPy?

float'? object cannot be interpreted|only integers, slices
indices must be integers or slices, not (float|numpy\.float)|must be of integral type
arrays used as indices must be of integer|integer argument expected|sequence of integers or a single integer
'(numpy\.)?float\d*' object cannot be|an integer is required|expected int|integer is required
  A whole number is needed here, and it got a float.
  Which of your sizes or indices comes from `/`, or out of an array of floats? Which division gives whole numbers?

only integer scalar arrays can be converted|only (length-1|0-dimensional) arrays can be converted
  An array stands where one whole number is needed, such as the index of a list, or the axis of a function.
  What is each part of this line: a number, a list of arrays (as np.concatenate takes it) or an array?

zero-size array to reduction|empty sequence|arg is an empty|of an empty|iterable argument is empty
  The maximum (or the mean) of no numbers at all was asked for: a window is empty.
  Where does the last window begin, and how many entries does the array have from there on?

need at least one array
  The list of pieces is empty: the loop that should fill it never ran.
  Over which range does it run, and how long is this range in this call?

setting an array element with a sequence|inhomogeneous|must be real number, not list|unhashable type: 'numpy
truth value of an array|float\(\) argument must be .*not 'list'
  Several numbers stand where one is needed.
  Which part of this line is a whole array, and which single entry of it (or which sum, maximum, ...) did you mean?

'(int|float|numpy\.\w+)' object (is not subscriptable|is not iterable|does not support item)
non-iterable (int|float|numpy)|of unsized object|0-d array|object of type '(int|float)' has no len
invalid index to scalar variable
  A single number is used as if it were several.
  Which name in this line is one number here, and what did you expect it to be?

indices must be integers or slices, not tuple|concatenate list|concatenate tuple|multiply sequence
'(list|tuple)' object has no attribute|operand.*'(list|tuple)'|between instances of '(list|tuple)'
  A list or tuple stands where an array is needed: lists are glued and repeated, not added and multiplied.
  Which name in this line is a list, and where could np.array(...) make an array of it?

'tuple' object does not support item
  A tuple cannot be written into.
  Where was it made, and should it be a list or an array there?

NoneType
  A value is None here.
  Which function before this line has no `return`, or which name was never set?

object is not callable|(function|method)' object is not subscriptable|'type' object is not subscriptable
  Parentheses call a function, square brackets pick entries: here it is the wrong kind.
  Which name before the brackets is an array, and which is a function?

to unpack|tuple index out of range|too many indices|axes don't match|is out of bounds for array of dimension
repeated axis|subscripts string|more dimensions than subscripts|must be at least|Axis.*dimension
  The array has not as many axes as this line says.
  What is its `.shape` at this line, and which axis is which: image, row, column, channel?

read-only
  Your code writes into an array that it was given.
  Where do you need a `.copy()`, or a new array for the result?

Cannot cast ufunc|same_kind|did not contain a loop|U<|dtype\('<U
  An array's dtype cannot take these numbers: whole numbers have no fractions, and text is no number.
  Which line makes the array on the left, and with which dtype?

negative dimensions|can't contain negative|cannot be negative|must be non-negative
  A size came out negative.
  Which sizes does this line subtract, and which of the two should be the larger one?

step cannot be zero|arg 3 must not be zero
  A step of 0 never gets anywhere.
  Which number is the step here, and where does it come from?

math (domain|range) error|Overflow|Result too large|FloatingPointError|(NaN|infinity) to integer
  A number has become too large, or is outside of what the function is defined for.
  How large is what goes into exp or log here, and what may be subtracted first without changing the result?

ZeroDivision|division by zero
  Something is divided by zero.
  Which number is zero here, and for which arguments?

RecursionError|recursion
  The function calls itself without end.
  Did you mean to call another function?

MemoryError|Unable to allocate|exceeds .*size
  An array of this line would be larger than the memory.
  Which of its sizes is much larger than you expect?

TimeLimit|[Tt]oo slow|Timeout|too long
  The call took too long.
  Which loop never ends, or does the same work again and again?

not determine truth value|truth value of Relational|convert expression to float|cannot be converted to (int|float)
  A letter stands where a number is needed.
  Which name in this line is a SymPy symbol or expression, and should it be a number or an entry?

KeyError
  A dict has no entry of this name.
  Which keys does it have? Print them before this line.

list index out of range|string index out of range
  A list has fewer entries than you ask for.
  For the last value of your loop variable, which entry do you read, and how long is the list?

argument must be|argument of type|unexpected keyword|keyword arguments: |expected .*got|multiple values for
  A function was called with other arguments than it takes.
  Which arguments does the first line of its `def` (or its help) ask for, and in which order?

has shape|, expected|is larger than
  A function of the course's library says which of its arguments it cannot use.
  Which shape or value does this argument have here, and which one does the message ask for?
"""


def _read(words: str) -> Iterator[tuple[re.Pattern[str], Cause]]:
    for block in words.strip().split("\n\n"):
        *patterns, says, asks = block.split("\n")
        yield re.compile("|".join(patterns)), Cause(says.strip(), asks.strip())


_CAUSES = list(_read(_WORDS))


def told(error: str) -> Cause | None:
    """The first cause of which a pattern is found in an exception's words."""
    return next((cause for pattern, cause in _CAUSES if pattern.search(error)), None)
