"""What the scenes of the demonstration share: the desks, the women, the forms, and what was promised and seen.

Leaves out the scenes themselves (``demo_week``, ``demo_trouble``) and telling it (``demo_report``).
"""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from broker.local.demo_cast import Woman
from broker.local.demo_forms import NEEDS, Forms
from broker.local.demo_stage import Record, Stage
from broker.local.stores import Stores
from broker.local.system import System

# A yes to a list of things does not carry these (R16, C3).
ASKED_APART: Final = frozenset({"involvement", "sexual_assault"})


@dataclass
class Promise:
    """Something that had to be so, and whether it was."""

    text: str
    kept: bool
    seen: str = ""


@dataclass
class Week:
    """What the scenes share: the desks, the women, and what was seen so far."""

    stage: Stage
    women: list[Woman]
    story: Mapping[str, Any]
    system: System
    stores: Stores
    say: Callable[[str], None]
    forms: Forms = field(default_factory=Forms)
    promises: list[Promise] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    """What the guards stopped, in sentences, for the report."""
    leaders: dict[str, str] = field(default_factory=dict)
    """Woman to the agency that leads, as the desks were told."""
    followed: tuple[str, str] | None = None
    """The referral whose way the report tells: agency and record."""
    dark_since: float = 0.0
    late: tuple[list[Woman], list[str]] = field(default_factory=lambda: ([], []))
    """Who was referred while the housing office was dark, and the referrals."""
    taken_back: list[str] = field(default_factory=list)
    """The messages by which women took a consent back, or an agency what was wrong."""
    travelled: list[str] = field(default_factory=list)
    """How far those came, as the officer's report says it."""
    attacks: list[tuple[str, str]] = field(default_factory=list)
    """What was tried on Friday, and the code that answered it."""
    chapters: dict[str, list[str]] = field(default_factory=dict)
    """What else the report tells, in paragraphs under headings of their own."""
    under_way: subprocess.Popen[str] | None = None
    """A command that somebody has typed and nobody waits for."""
    as_ever: list[tuple[str, str]] = field(default_factory=list)
    """What checks were answered while the key was changed: about one who is on a caseload, and one whom nobody knows."""
    said_no: Woman | None = None
    """Who did not want the drug service to hear of her."""
    kept: Woman | None = None
    """Whom the CJIT keeps, because the agency that it asked to lead declined."""
    never_asked: Woman | None = None
    """Whom nobody asked before she was referred."""

    def __post_init__(self) -> None:
        self._taken: set[int] = set()

    def promise(self, text: str, kept: bool, seen: object = "") -> None:
        """Note a promise and whether it was kept."""
        self.promises.append(Promise(text, kept, str(seen)))

    def tell(self, heading: str, paragraph: str) -> None:
        """A paragraph for the report."""
        self.chapters.setdefault(heading, []).append(paragraph)

    def pick(self, count: int, *, at: tuple[str, ...] = (), not_at: tuple[str, ...] = ()) -> list[Woman]:
        """Women whom these agencies know by the same spelling and those do not know, each in one set piece only."""
        fits = [
            woman
            for woman in self.women
            if woman.number not in self._taken
            and all(woman.known_at.get(agency) == "same" for agency in at)
            and not any(agency in woman.known_at for agency in not_at)
        ]
        if len(fits) < count:
            raise ValueError(f"the cast has only {len(fits)} of the {count} women this scene needs: choose another seed")
        self._taken |= {woman.number for woman in fits[:count]}
        return fits[:count]

    def verdict(self, agency: str, record: str) -> tuple[str, str]:
        """State and reason of the last word on a record."""
        last = self.stage[agency].receipt(record) or {}
        return str(last.get("state") or last.get("type", "")), str(last.get("reason") or last.get("code") or "")

    def asked(self, woman: Woman, need: str, more: tuple[str, ...] = ()) -> list[Record]:
        """Her yes to one referral; and what needs a question of its own, each in a question of its own."""
        to, purpose, labels = NEEDS[need]
        separate = [label for label in (*labels, *more) if label in ASKED_APART]
        forms = [self.forms.consent(woman, purpose, to, tuple(label for label in labels if label not in ASKED_APART))]
        return forms + [self.forms.consent(woman, purpose, to, (label,)) for label in separate]

    def consented(self, agency: str, woman: Woman, need: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The same, recorded at this agency; the consents' own ids."""
        forms = self.asked(woman, need, more)
        self.stage.play(agency, *forms)
        return tuple(str(form["consent"]) for form in forms)

    def referred(self, agency: str, pairs: list[tuple[Woman, str]], **more: Any) -> list[str]:
        """Ask each woman, then refer her; the referrals' ids, not waited for."""
        consents = [self.asked(woman, need) for woman, need in pairs]
        self.stage.play(agency, *[form for each in consents for form in each])
        forms = [
            self.forms.referral(woman, need, tuple(str(form["consent"]) for form in each)) | more
            for (woman, need), each in zip(pairs, consents, strict=True)
        ]
        return self.stage[agency].write(forms)
