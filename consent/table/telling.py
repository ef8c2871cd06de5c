"""Whether a sender could learn from what she is told something that she may not know (threat T14).

What is told is a code, its sentence, and for a hold whose turn it is and until when; never a clause. So what a sender cannot
know may decide, but shows only in codes that may show it, and causes that share a code share all that is told. Leaves out: the
sentences (``contracts/sentences``), and what the recipient sees, which is only what is released.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from consent.check import Decided, NotYetKnown
from consent.clauses.register import FORM
from consent.protocol import Clause, Protocol
from consent.table.matter import Matter
from contracts.reasons import Reason
from contracts.sentences import SENTENCES, sentence, told_as
from contracts.vocabulary import CaseRole, ConsentAnswer, Verdict

# What the sender did not state and cannot look up, and in which codes it may show all the same, with the reason.
HER_WORD: Final = frozenset({
    # It was said to be obeyed: whoever is not told that she said no, or was not asked, asks again or works round it.
    Reason.NO_CONSENT, Reason.CONSENT_REFUSED, Reason.CONSENT_WITHDRAWN, Reason.CAPACITY_DOUBTED,
    Reason.SEPARATE_CONSENT_NEEDED, Reason.INVOLVEMENT_WITHHELD, Reason.CONFIDENCE_NOT_IMPLIED,
    Reason.NEEDS_HER_YES_OR_A_COURT, Reason.IMMIGRATION_WITHHELD,
    Reason.ADDRESS_NOT_SAFE, Reason.THRESHOLD_UNKNOWN, Reason.OFFICER_LOOKS,
    # That two records may be one person is put to both agencies as a review, so it is no secret between them (D9).
    Reason.MAY_BE_ANOTHER_PERSON,
})  # fmt: skip
MAY_SHOW_IN: Final[dict[str, frozenset[Reason]]] = {
    "she_said": HER_WORD,
    # How she was asked, so that she is asked again as she should be.
    "her_yes": frozenset({Reason.CONSENT_NOT_SOUND, Reason.NOT_FOUND_COMPETENT}),
    # What the recipient is to her case is the recipient's business: it shows only as less being needed.
    "role_in_case": frozenset({Reason.NOT_NEEDED_BY_RECIPIENT}),
    # That she objected, or that a pattern was seen: an officer looks, and that is all.
    "restricted": frozenset({Reason.OFFICER_LOOKS}),
    "refused_on_another_basis": frozenset({Reason.OFFICER_LOOKS}),
    # Whether another agency gave her the notice: the sender is asked to say whether she did herself.
    "privacy_notice": frozenset({Reason.NO_NOTICE}),
    # The partnership's own papers and clocks are nobody's secret.
    "directory": frozenset({Reason.CHECK_NOT_AVAILABLE}),
    "policy_document": frozenset({Reason.NO_CONDITION}),
    "retention": frozenset({Reason.RETENTION_PASSED}),
}
_A_CLAUSE: Final = re.compile(r"\b[A-IL-R][0-9]{1,2}(-[a-z]+)?\b")


def leaks(protocol: Protocol) -> Iterator[str]:
    """Everything that would tell a sender too much, or nothing, or something else than what is so."""
    for clause in protocol.clauses.values():
        for code in clause.codes:
            yield from _of_a_code(clause, code)
    yield from _told_apart(protocol)


def _of_a_code(clause: Clause, code: Reason) -> Iterator[str]:
    told = told_as(code)
    if told not in SENTENCES and clause.id != FORM.clause:
        yield f"{clause.id}: {code} has no sentence of its own, so its sender would be told something else"
    if _A_CLAUSE.search(sentence(code)):
        yield f"{clause.id}: the sentence of {code} names a clause"
    for factor in sorted({name for one in (clause.applies, *clause.unless) for name in one}):
        if factor in MAY_SHOW_IN and told not in MAY_SHOW_IN[factor]:
            yield f"{clause.id} looks at {factor}, which its sender cannot know, and {told} may not show that"


def _told_apart(protocol: Protocol) -> Iterator[str]:
    """Where one code stands for several causes, the rest of what is told must not tell them apart."""
    alike: dict[Reason, dict[tuple[Verdict, str | None, int], list[str]]] = {}
    for clause in protocol.clauses.values():
        for code in clause.codes:
            if any(told_as(other) is told_as(code) for other in Reason if other is not code):
                seen = (clause.verdict, clause.owner, clause.within)
                alike.setdefault(told_as(code), {}).setdefault(seen, []).append(clause.id)
    for told, ways in alike.items():
        withheld = {way: some for way, some in ways.items() if way[0] is not Verdict.ROUTE_MINIMISED}
        if len(withheld) > 1:
            names = " and ".join(", ".join(some) for some in withheld.values())
            yield f"{names} are told as {told}, and whose turn it is or until when tells them apart"


def otherwise(matter: Matter) -> Iterator[tuple[str, Matter]]:
    """The same message, as far as its sender can see, with each thing otherwise that she cannot."""
    context = matter.context
    for role in (None, *CaseRole):
        yield f"role {role or 'none'}", replace(matter, context=replace(context, role=role))
    yield "an objection", replace(matter, context=replace(context, restricted=True))
    yield "a refusal before", replace(matter, context=replace(context, refused_on_another_basis=True))
    said = matter.consents
    maybe = tuple(replace(one, answer=ConsentAnswer.REFUSED) for one in said.same)
    yield "a no of somebody who may be she", replace(matter, consents=replace(said, possible=(*said.possible, *maybe)))
    yield "nothing said", replace(matter, consents=replace(said, same=()))


def shows(decided: Decided | NotYetKnown) -> str | None:
    """Why the reason told of a decision may not be told, if it may not: it stands for a cause that has a common code."""
    if isinstance(decided, NotYetKnown) or decided.verdict < Verdict.HOLD or decided.reason is None:
        # Of a message that passes its sender is told that it was delivered; what was withheld stands in the record.
        return None
    reason = decided.reason
    return None if told_as(reason) is reason else f"its sender is told {reason}, which shows what she may not know"
