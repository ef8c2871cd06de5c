"""The picture of a protocol: a square for each way between two kinds of agency, and in it what may pass, and on what terms.

Leaves out: finding out (``flows``), and where the picture is put (``cli``).
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from consent.table.flows import IN_ORDER, OWN_YES, WITH, WITHOUT, Flow
from consent.table.svg import box, picture, title, words
from contracts.vocabulary import AgencyKind, Label

_SAID: Final = {kind: kind.value.replace("_", " ") for kind in AgencyKind} | {AgencyKind.CJIT: "CJIT", AgencyKind.SARC: "SARC"}
_SHORT: Final = {
    Label.DRUG_TREATMENT: "treatment",
    Label.PRESCRIBING: "prescribing",
    Label.SEXUAL_ASSAULT: "assault",
    Label.FREE_TEXT: "free text",
}
_ACROSS, _WIDE, _HIGH, _GAP = 3, 80, 17, 6
_LEFT, _TOP = 158, 124
_CELL = _ACROSS * (_WIDE + 3) + 7
_TALL = -(-len(Label) // _ACROSS) * (_HIGH + 4) + 8
_STYLES: Final = {WITHOUT: "freely", WITH: "given", OWN_YES: "own"}

_DRAWN: Final = """
text { font-family: system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: var(--ink); font-size: 13px; }
.page { fill: var(--page); } .cell { fill: var(--cell); stroke: var(--line); }
.head { font-size: 22px; font-weight: 600; } .quiet { fill: var(--quiet); font-size: 12.5px; }
.to, .from { font-weight: 600; } .to { text-anchor: middle; } .from { text-anchor: end; }
.label { font-size: 11px; text-anchor: middle; } .nothing { fill: var(--quiet); text-anchor: middle; font-size: 12px; }
.freely { fill: var(--freely); } .on-freely { fill: var(--on-freely); }
.given { fill: var(--given); stroke: var(--given-line); } .on-given { fill: var(--on-given); }
.own { fill: var(--own); stroke: var(--own-line); stroke-width: 1.5; stroke-dasharray: 3 2; } .on-own { fill: var(--on-own); }
.terms { fill: var(--terms); stroke: var(--terms-line); } .on-terms { fill: var(--on-terms); }
"""


def draw(name: str, found: Sequence[Flow]) -> str:
    """The picture as an SVG document."""
    kinds = list(AgencyKind)
    width = _LEFT + len(kinds) * (_CELL + _GAP) + 18
    height = _TOP + len(kinds) * (_TALL + _GAP) + 34
    parts = [
        box(0, 0, width, height, "page"),
        words("Who may share what with whom", 24, 38, "head"),
        words(name, 24, 60, "quiet"),
    ]
    parts += _legend()
    for column, kind in enumerate(kinds):
        parts.append(words(f"to {_SAID[kind]}", _LEFT + column * (_CELL + _GAP) + _CELL / 2, _TOP - 12, "to"))
    for row, sender in enumerate(kinds):
        y = _TOP + row * (_TALL + _GAP)
        parts.append(words(f"from {_SAID[sender]}", _LEFT - 12, y + _TALL / 2 + 4, "from"))
        for column, recipient in enumerate(kinds):
            parts += _square(_LEFT + column * (_CELL + _GAP), y, sender, recipient, found)
    parts.append(words("Each square adds up every purpose. The table has them one by one.", 24, height - 14, "quiet"))
    return picture(width, height, "Who may share what with whom", _in_a_sentence(found), _DRAWN, *parts)


def _legend() -> list[str]:
    x, parts = 24, []
    for kind, said, wide in (
        ("freely", "may pass on another basis than her agreement", 320),
        ("given", "only with her agreement", 175),
        ("own", "only with her agreement to that by itself", 285),
        ("terms", "only on the terms in the table", 220),
    ):
        parts += [box(x, 74, 18, 14, kind), words(said, x + 25, 86, "quiet")]
        x += wide + 24
    return parts


def _square(x: float, y: float, sender: AgencyKind, recipient: AgencyKind, found: Sequence[Flow]) -> list[str]:
    said = f"{_SAID[sender]} to {_SAID[recipient]}"
    parts = [box(x, y, _CELL, _TALL, "cell", title(said))]
    if sender is recipient:
        return parts
    terms = _terms(sender, recipient, found)
    if not terms:
        return [*parts, words("nothing", x + _CELL / 2, y + _TALL / 2 + 4, "nothing")]
    for number, label in enumerate(Label):
        if label not in terms:
            continue
        # A label stands at the same place in every square, so that two squares can be compared at a glance.
        left = x + 5 + (number % _ACROSS) * (_WIDE + 3)
        top = y + 6 + (number // _ACROSS) * (_HIGH + 4)
        kind = _STYLES.get(terms[label], "terms")
        why = f"{said}: {label.value.replace('_', ' ')} {terms[label]}"
        parts.append(box(left, top, _WIDE, _HIGH, kind, title(why)))
        parts.append(words(_SHORT.get(label, label.value.replace("_", " ")), left + _WIDE / 2, top + 12, f"label on-{kind}"))
    return parts


def _terms(sender: AgencyKind, recipient: AgencyKind, found: Sequence[Flow]) -> dict[Label, str]:
    """Of one way, the fewest terms for each label, whatever the purpose."""
    ways = [flow.labels for flow in found if (flow.sender, flow.recipient) == (sender, recipient)]
    return {
        label: min((labels[label] for labels in ways if label in labels), key=IN_ORDER.index)
        for label in dict.fromkeys(label for labels in ways for label in labels)
    }


def _in_a_sentence(found: Sequence[Flow]) -> str:
    ways = {(flow.sender, flow.recipient) for flow in found}
    silent = [
        f"{_SAID[one]} to {_SAID[other]}"
        for one in AgencyKind
        for other in AgencyKind
        if one is not other and (one, other) not in ways
    ]
    nothing = f" Nothing may pass from {', '.join(silent)}." if silent else ""
    return f"Something may pass on {len(ways)} ways between {len(AgencyKind)} kinds of agency.{nothing}"


HEADINGS: Final = ("From", "To", "For", "May pass", "Terms")


def rows(found: Sequence[Flow]) -> list[tuple[str, str, str, str, str]]:
    """The same as a table: a line for each way, purpose and terms."""
    return [
        (_SAID[one.sender], _SAID[one.recipient], one.purpose.value.replace("_", " "), _list(one.on_terms(terms)), terms)
        for one in found
        for terms in IN_ORDER
        if one.on_terms(terms)
    ]


def _list(labels: Sequence[Label]) -> str:
    return ", ".join(label.value.replace("_", " ") for label in labels)


_PAGE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #ffffff; }
table { border-collapse: collapse; margin-top: 1.5rem; } caption { text-align: left; font-weight: 600; padding: .35rem .8rem; }
th, td { text-align: left; padding: .35rem .8rem; vertical-align: top; border-bottom: 1px solid #d0d7de; }
figure { margin: 0; overflow-x: auto; } svg { width: 100%; min-width: 75rem; height: auto; }
@media (max-width: 50rem) { body { margin: 1rem; } thead { position: absolute; clip-path: inset(50%); }
  table, caption, tbody, tr, td { display: block; } td { border: 0; padding: .1rem 0; }
  tr { padding: .7rem 0; border-bottom: 1px solid #d0d7de; }
  td::before { content: attr(data-head) ": "; color: #57606a; } caption { padding: 0; } }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117; } th, td, tr { border-color: #30363d; }
  td::before { color: #9ba7b4; } }
"""


def _cells(row: Sequence[str]) -> str:
    """On a narrow page a row is a block, and each cell says itself what it is."""
    return "".join(f'<td data-head="{escape(head)}">{escape(cell)}</td>' for head, cell in zip(HEADINGS, row, strict=True))


def page(name: str, found: Sequence[Flow]) -> str:
    """The picture and the table as one page that needs nothing else."""
    heads = "".join(f'<th scope="col">{escape(one)}</th>' for one in HEADINGS)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows(found))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_PAGE}</style></head>'
        f"<body><main><figure>{draw(name, found)}</figure><table><caption>What may pass, one purpose at a time</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></main></body></html>\n"
    )
