"""What may happen in a history: what is done in it, and what happens to all of them; by chance, and as plots.

Most of what chance strings together comes to nothing: no bug shows in a referral that was never agreed to. So most histories
have a plot in them, and around it anything.
"""

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from tests.specs.histories.letters import TO_AGENCY

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
WEATHER: Final = (
    *[("clock", ahead) for ahead in (SECOND, 31 * SECOND, 61 * SECOND, 11 * MINUTE, 16 * MINUTE) for _ in range(3)],
    ("clock", 5 * HOUR), ("clock", 30 * HOUR), ("clock", 50 * HOUR),
    *[("protocol", name) for name in ("shipped", "shipped", "shipped", "under review", "under review", "tightened")],
    ("keys", "an officer's key revoked"), ("keys", "the sender's key revoked"),
    ("die", 0), ("die", 0), ("away", 0), ("away", 0), ("lose", 0), ("lose", 0), ("lose", 0), ("review", 0), ("review", 0),
    *[("calm", 0) for _ in range(9)],
)  # fmt: skip
_LETTERS: Final = ("yes", "no", "yes again", "no, though at risk", "take back", "take back again", *TO_AGENCY)
_OFFICERS: Final = ("j_tolland", "f_osgodby", "r_ellery", "v_marchmont", "m_quill", "w_tilling")
DEEDS: Final = (
    *(("send", name) for name in _LETTERS), ("send", "yes"), ("send", "refer"), ("send", "refer"), ("send", "at risk"),
    *(("again", name) for name in TO_AGENCY), ("again", "yes"), ("returned", "refer"), ("returned", "glass alone"),
    *(("approve", person) for person in _OFFICERS), ("approve", "f_osgodby"), ("approve", "j_tolland"), ("refuse", "w_tilling"),
    ("ask", ""), ("ask", ""), ("pick up", ""), ("pick up", ""), ("pick up", ""), ("pick up", "no receipt"),
    ("rest", ""), ("rest", ""),
)  # fmt: skip
# What is likely to matter does not often happen by chance: most histories have one of these beginnings somewhere in them.
_REFERRED: Final = (("send", "yes"), ("send", "refer"))
_AT_RISK: Final = (("send", "no, though at risk"), ("send", "at risk"))
_TWO_LEADS: Final = (("approve", "f_osgodby"), ("approve", "j_tolland"))
PLOTS: Final = (
    (), (), (*_REFERRED, ("send", "take back")), (*_REFERRED, ("send", "take back"), ("send", "yes again")),
    (*_REFERRED, ("send", "no")), (*_REFERRED, ("pick up", "no receipt"), ("send", "take back")),
    (*_REFERRED, ("rest", ""), ("pick up", "")), (*_REFERRED, ("pick up", ""), ("send", "take back")),
    (("send", "refer"), ("send", "yes"), ("send", "take back")),
    (*_AT_RISK, *_TWO_LEADS, ("pick up", "")), (*_AT_RISK, ("refuse", "w_tilling"), *_TWO_LEADS),
    (("send", "glass alone"), ("ask", ""), ("pick up", "")), (("send", "glass with a second"), ("send", "no, though at risk")),
)  # fmt: skip
# The same for the weather: what is lost while its sender dies comes again when its claim has run out, whatever was said since.
SPELLS: Final = (
    (), (), (("lose", 0), ("calm", 0), ("clock", 31 * SECOND)), (("lose", 0), ("lose", 0), ("clock", 61 * SECOND)),
    (("clock", SECOND), ("calm", 0), ("calm", 0), ("clock", 11 * MINUTE)), (("calm", 0),) * 5,
    (("away", 0), ("clock", 31 * SECOND)), (("calm", 0), ("die", 0), ("clock", 31 * SECOND)),
)  # fmt: skip

_Happening = TypeVar("_Happening")


def drawn(
    chance: random.Random, any_of: Sequence[_Happening], plots: Sequence[Sequence[_Happening]], rounds: int
) -> list[_Happening]:
    """What happens round by round: by chance, with a plot in it that begins early."""
    any_how = [chance.choice(any_of) for _ in range(rounds)]
    begins, plot = chance.randrange(3), chance.choice(plots)
    return [*any_how[:begins], *plot, *any_how[begins:]][:rounds]
