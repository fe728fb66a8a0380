"""Small bar charts as SVG.

Drawn here: a chart library would bring more code to every page than the dozen lines that a bar chart takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from warehouse.site.pages import number

_WIDTH, _HEIGHT, _TOP, _FOOT = 320, 132, 20, 20
_WIDEST = 44


def bars(points: Sequence[tuple[int, float | None]], label: str) -> Markup:
    """A bar a year, with its number above; a year without a number has a dash. `label` names the chart for
    those who cannot see it; the numbers themselves stand in the page's table."""
    step = _WIDTH / max(len(points), 1)
    width = min(step * 0.72, _WIDEST)
    most = max((value for _, value in points if value), default=0)
    room = _HEIGHT - _TOP - _FOOT
    small = " small" if len(points) > 8 else ""
    parts = [
        f'<svg class="chart{small}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-label="{escape(label)}">',
        f'<path class="base" d="M0 {_HEIGHT - _FOOT}.5H{_WIDTH}"/>',
    ]
    for place, (year, value) in enumerate(points):
        middle = step * (place + 0.5)
        height = room * value / most if value and most else 0
        top = _HEIGHT - _FOOT - height
        if height > 0:
            parts.append(
                f'<rect x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}"'
                f' height="{height:.1f}"/>'
            )
        parts.append(f'<text class="n" x="{middle:.1f}" y="{top - 5:.1f}">{number(value)}</text>')
        shown = year if len(points) <= 8 else f"{year % 100:02}"
        parts.append(f'<text x="{middle:.1f}" y="{_HEIGHT - 5}">{shown}</text>')
    return Markup("".join(parts) + "</svg>")
