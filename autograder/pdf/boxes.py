"""How much room an answer needs on paper: only heights go from the solutions to the worksheet, so no text
can leak."""

LEAST, MOST = 96, 760  # CSS pixels
ROOMIER = 1.5  # handwriting is larger than print
PROMPT_LINE = 15.0  # height of a printed line of code

# also squeezes a formula that is wider than the paper, and tells what still sticks out
MEASURE = """() => {
  const right = document.body.getBoundingClientRect().right + 1
  for (const math of document.querySelectorAll('.math.display')) {
    const inner = math.firstElementChild.firstElementChild, box = math.getBoundingClientRect()
    const need = inner.getBoundingClientRect().width
    if (need > box.width) {
      const size = parseFloat(getComputedStyle(math).fontSize)
      math.style.fontSize = Math.max(0.6 * size, Math.floor(size * box.width / need * 20) / 20 - 0.05) + 'px'
    }
  }
  const outside = []
  for (const one of document.querySelectorAll('.math, img, table, pre')) {
    const inner = one.classList.contains('display') ? one.firstElementChild.firstElementChild : one
    const box = inner.getBoundingClientRect()
    if (box.right > right) outside.push([one.closest('[data-where]')?.dataset.where ?? '', one.tagName,
      one.getAttribute('aria-label') || one.getAttribute('alt') || one.textContent.slice(0, 60)])
  }
  const broken = [...document.images].filter(image => !image.naturalWidth)
    .map(image => [image.closest('[data-where]')?.dataset.where ?? '', image.alt])
  const heights = {}
  const high = one => one.getBoundingClientRect().height
  for (const box of document.querySelectorAll('.solution[data-gap]')) {
    // what the program printed is not written by hand
    const printed = [...box.querySelectorAll('.output')].reduce((sum, one) => sum + high(one), 0)
    heights[box.dataset.gap] = (heights[box.dataset.gap] ?? 0) + high(box) - printed
  }
  return {heights, outside, broken}
}"""


def room(solution_height: float | None, prompt_lines: int = 0, shares: int = 1) -> int:
    """Height in CSS pixels of an empty box, from the height that the printed solution has."""
    wanted = ROOMIER * (solution_height or 0) / shares - PROMPT_LINE * prompt_lines
    return round(min(MOST, max(LEAST, wanted)))
