"""Each wrong answer of the caseload bench: whom the check was about, whom she was taken for, and by what evidence.

The people do not exist, so their names may be shown. Leaves out: which answers are wrong (``run_caseload``).
"""

from collections.abc import Sequence

from agencies.identity import details_of
from broker.matching.index import load_weights
from broker.matching.score import Levels
from broker.store import merges, records
from broker.store.database import Database, Work
from contracts.messages.compartments import Identity
from contracts.steps import Keyed
from tests.benchmarks.caseload import ASKER, Asked, truth
from tests.benchmarks.people import number_in, reference, token_maker, woman
from tests.benchmarks.town import Town

_SAYS_NOTHING = frozenset({"missing", "unseen"})


def explained(town: Town, database: str, wrong: Sequence[Asked], people: int) -> list[str]:
    """A line for each wrong answer; ``people`` are registered in that database of the broker."""
    numbers = {reference(number): number for number in range(people)} if wrong else {}
    store = Database(database)
    try:
        return [_explain(town, store, one, people, numbers) for one in wrong]
    finally:
        store.close()


def _explain(town: Town, store: Database, one: Asked, people: int, numbers: dict[str, int]) -> str:
    her = woman(number_in(one.number, people))
    keyed = (Keyed(epoch=1, tokens=token_maker(town.keys.folder, ASKER).tokens(details_of(her))),)

    def look(work: Work) -> tuple[Levels, list[int]]:
        same = merges.resolve(work, keyed, load_weights()).found.same
        of_person = records.of_people(work, [same.person])[same.person] if same else []
        return same.score.levels if same else (), [numbers[each.reference] for each in of_person if each.reference in numbers]

    levels, found = store.read(look)
    others = "; ".join(_shown(woman(number)) for number in found if number != one.number) or "nobody else"
    evidence = ", ".join(f"{section} {level}" for section, level in levels if level not in _SAYS_NOTHING)
    said = one.status.value if one.status else "nothing"
    return f"{_shown(her)}: {said}, and the truth is {truth(one).value}; taken for {others} ({evidence})"


def _shown(her: Identity) -> str:
    return f"{her.forename} {her.surname}, {her.date_of_birth}, NHS {her.nhs_number or '?'}, {her.postcode_district or '?'}"
