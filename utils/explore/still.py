"""How the still pictures are drawn: grids of numbered cells, by matplotlib without pyplot, so no figure is left open."""

import io


def sentence(text: str) -> bytes:
    """One line of text as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 0.5))
    figure.text(0.02, 0.4, text)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()
