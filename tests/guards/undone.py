"""Two women with cases and prescriptions of every standing become one person, and the merge is taken back: all is as it was.

The trials are drawn, so that ten thousand of them meet combinations nobody thought of. Leaves out: two who act at once
(``races``).
"""

import random
from dataclasses import dataclass
from typing import Any, Final

from contracts.identifiers import new_id
from contracts.kinds import Kind
from contracts.steps import CaseStep, CheckStep, LeadStep, Override, RegisterStep, ScriptStep
from contracts.vocabulary import CaseMove, CaseRole, LeadMove, LeadReason, OverrideReason, Presentation, ScriptMove
from tests.factories import Person, person
from tests.guards.races import CJIT, DRUGS, PROJECT, Pair, wrong_with
from tests.integration.counter import Counter, taking_back

_IN_SPITE: Final = Override(by="dr_hazel", reason=OverrideReason.WITHDRAWAL_RISK)
# Everything that goes with a record, of the records of some references.
_TABLES: Final = {
    "cases": "t.id, t.record, t.person, t.agency, t.role, t.state, t.before",
    "script": "t.id, t.record, t.person, t.agency, t.state, t.before, t.transferee",
    "script_override": "t.message, t.record, r.person, t.agency, t.officer",
    "proposal": "t.id, t.record, t.person, t.lead, t.recipient, t.state",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One woman, and the references under which agencies know her."""

    her: Person
    references: dict[str, str]


def merged_and_undone(pair: Pair, trials: int, first: int = 0) -> list[str]:
    """See above; the same trials for the same number of them, and others where other trials went before."""
    broker, other = pair
    chance = random.Random(trials + 1_000_003 * first)
    found: list[str] = []
    for number in range(trials):
        one, two = (a_woman(broker, chance, 2 * number + place, own) for place, own in ((0, DRUGS), (1, PROJECT)))
        before = standing(broker, one, two)
        merge = merged(broker, one, two)
        if merge is None:
            found.append(f"trial {number}: they did not become one person")
            continue
        undone = other.store.undo_merge(taking_back(merge, "two people", broker.now), now=broker.now)
        found += [] if undone else [f"trial {number}: there was nothing to take back"]
        after = standing(broker, one, two)
        found += [f"trial {number}: {each}" for each in differences(before, after)]
    return found + wrong_with(broker)


def standing(broker: Counter, *known: Known) -> dict[str, set[tuple[Any, ...]]]:
    """What every table says of these women that a merge may touch."""
    references = [reference for each in known for reference in each.references.values()]
    found = {"record": set(broker.ask("SELECT id, agency, person FROM record WHERE reference = ANY(?)", references))}
    for table, columns in _TABLES.items():
        sql = f"SELECT {columns} FROM {table} AS t JOIN record AS r ON r.id = t.record WHERE r.reference = ANY(?)"
        found[table] = set(broker.ask(sql, references))
    return found


def differences(before: dict[str, set[tuple[Any, ...]]], after: dict[str, set[tuple[Any, ...]]]) -> list[str]:
    """What is not as it was."""
    return [f"{name}: {sorted(before[name] ^ after[name], key=repr)}" for name in before if before[name] != after[name]]


def a_woman(broker: Counter, chance: random.Random, number: int, own: str) -> Known:
    """Someone whom one agency knows, or that one and the CJIT, with a case and a prescription of some standing."""
    her = person(number)
    agencies = (own, CJIT) if chance.random() < 0.5 else (own,)
    references = {agency: new_id() for agency in agencies}
    for agency, reference in references.items():
        broker.send(Kind.PERSON_REGISTERED, agency, reference=reference, step=RegisterStep(tokens=her.tokens))
    known = Known(her, references)
    _cases(broker, chance, known, own)
    _prescriptions(broker, chance, known, own)
    return known


def merged(broker: Counter, one: Known, two: Known) -> str | None:
    """The project learns that they are one woman; the merge, unless there was not exactly one."""
    sql = "SELECT DISTINCT substr(id, 1, 32) FROM merge"
    before = set(broker.ask(sql))
    both = RegisterStep(tokens=one.her.tokens)
    broker.send(Kind.PERSON_REGISTERED, PROJECT, reference=two.references[PROJECT], step=both)
    new = set(broker.ask(sql)) - before
    return str(next(iter(new))[0]) if len(new) == 1 else None


# --- how she may stand


def _cases(broker: Counter, chance: random.Random, known: Known, own: str) -> None:
    """Nobody's case, one agency's, or two agencies', with the lead proposed or not; or watched for."""
    agencies = list(known.references)
    chance.shuffle(agencies)
    leads = chance.choice([None, *agencies])
    if leads is None:
        return
    _opens(broker, known, leads, CaseRole.LEAD)
    for agency in agencies:
        role = chance.choice([None, CaseRole.SUPPLEMENTARY, CaseRole.INFORMED])
        if agency != leads and role is not None:
            _opens(broker, known, agency, role)
    if chance.random() < 0.2:
        asks = LeadStep(move=LeadMove.PROPOSE, reason=LeadReason.BETTER_PLACED)
        broker.send(Kind.LEAD_PROPOSED, leads, recipient="housing-ashby", reference=known.references[leads], step=asks)
    if chance.random() < 0.3:
        step = CaseStep(move=CaseMove.CLOSE, role=CaseRole.SUPPLEMENTARY)
        broker.send(Kind.CASE_CLOSED, chance.choice(agencies), reference=known.references[leads], step=step)
    del own


def _opens(broker: Counter, known: Known, agency: str, role: CaseRole) -> None:
    asked = CheckStep(tokens=known.her.tokens, presentation=Presentation.CUSTODY)
    check = broker.send(Kind.CASELOAD_CHECK, agency, step=asked)
    step = CaseStep(move=CaseMove.OPEN, role=role, check=check)
    broker.send(Kind.CASE_OPENED, agency, reference=known.references[agency], step=step)


def _prescriptions(broker: Counter, chance: random.Random, known: Known, own: str) -> None:
    """No prescription, one that is reserved, confirmed, being handed over or ended, or one that was never checked."""
    moves = chance.choice(["", "r", "rc", "rct", "rce", "u", "o"])
    other = PROJECT if own == DRUGS else DRUGS
    steps = {
        "r": (Kind.SCRIPT_RESERVED, ScriptStep(move=ScriptMove.RESERVE)),
        "c": (Kind.SCRIPT_CONFIRMED, ScriptStep(move=ScriptMove.CONFIRM)),
        "e": (Kind.SCRIPT_ENDED, ScriptStep(move=ScriptMove.END)),
        "u": (Kind.SCRIPT_RESERVED, ScriptStep(move=ScriptMove.RESERVE, check_refused=True)),
        "o": (Kind.SCRIPT_RESERVED, ScriptStep(move=ScriptMove.RESERVE, override=_IN_SPITE)),
        "t": (Kind.SCRIPT_TRANSFERRED, ScriptStep(move=ScriptMove.BEGIN_TRANSFER, last_dose=True)),
    }
    for move in moves:
        kind, step = steps[move]
        to = other if move == "t" else "broker"
        broker.send(kind, own, recipient=to, reference=known.references[own], step=step)
