"""Just enough SVG for a picture with words: elements, escaped text, colours for a light page and a dark one.

Leaves out: what is drawn (``picture``).
"""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

# Colours are named once, for both kinds of page; every pair that stands on another is at least 4.5 : 1.
STYLE: Final = """
:root { color-scheme: light dark; }
svg { --page: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de; --cell: #f6f8fa; --none: #ffffff;
  --freely: #0b5394; --on-freely: #ffffff; --given: #cfe2ff; --on-given: #0a2f57; --given-line: #0b5394;
  --own: #ffffff; --on-own: #7a3e00; --own-line: #b45f06;
  --terms: #fff4ce; --on-terms: #4d3800; --terms-line: #8a6d00; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --ink: #e6edf3; --quiet: #9ba7b4; --line: #30363d; --cell: #161b22; --none: #0d1117;
    --freely: #8ab8f0; --on-freely: #06172b; --given: #12304f; --on-given: #cfe3fb; --given-line: #5d97d6;
    --own: #0d1117; --on-own: #f0b072; --own-line: #d98c3c;
    --terms: #3a3000; --on-terms: #ffe28a; --terms-line: #c9a400; }
}
"""

Attribute = str | int | float


def element(name: str, attributes: dict[str, Attribute] | None = None, *children: str) -> str:
    """One element. Children are elements already written; words come in through ``words``."""
    said = "".join(f" {key}={quoteattr(str(value))}" for key, value in (attributes or {}).items())
    return f"<{name}{said}>{''.join(children)}</{name}>" if children else f"<{name}{said}/>"


def words(text: str, x: float, y: float, kind: str = "", **more: Attribute) -> str:
    """A line of text whose middle or beginning stands at a point, as its class says."""
    return element("text", {"x": x, "y": y, **({"class": kind} if kind else {}), **more}, escape(text))


def box(x: float, y: float, width: float, height: float, kind: str, *children: str) -> str:
    """A rectangle with slightly rounded corners, and what is told of it (a ``title``) to who cannot see it."""
    return element("rect", {"x": x, "y": y, "width": width, "height": height, "rx": 3, "class": kind}, *children)


def title(text: str) -> str:
    """What stands for an element where it is read out or pointed at."""
    return element("title", {}, escape(text))


def picture(width: int, height: int, name: str, description: str, style: str, *children: str) -> str:
    """The whole drawing, as a file of its own or inside a page."""
    head: dict[str, Attribute] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "aria-labelledby": "picture-name picture-description",
    }
    return element(
        "svg",
        head,
        element("title", {"id": "picture-name"}, escape(name)),
        element("desc", {"id": "picture-description"}, escape(description)),
        element("style", {}, STYLE + style),
        *children,
    )
