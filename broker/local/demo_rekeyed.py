"""From Saturday to Sunday in Ashby: the key of the tokens is replaced while everybody is at work, and nobody is lost.

One agency is away when the new key comes, so the old one stays until it is back. Leaves out: how far the register is at each
moment, which ``./run keys progress`` says.
"""

from typing import Final

from broker.local.demo_commands import BROKER, LINKAGE, said, started, typed
from broker.local.demo_forms import CJIT, DRUGS, HOUSING, PROJECT
from broker.local.demo_notes import Week
from contracts.keyring import PEOPLE

HEADING: Final = "A new key, and nobody lost"
_OFFICER: Final = "v_marchmont"
# Nobody of the cast, and nobody's.
_STRANGER: Final = {
    "forename": "Wilhelmina", "surname": "Brackenbury", "date_of_birth": "1979-09-23", "sex": "female",
    "postcode_district": "AB4",
}  # fmt: skip
_AS_EVER: Final = ("active", "not_known")
_BEHIND: Final = (
    "SELECT COUNT(*) AS n FROM (SELECT k.r FROM known AS k JOIN record AS r ON r.n = k.r WHERE r.agency IN (?, ?, ?) "
    "GROUP BY k.r HAVING MAX(k.epoch) = 1) AS behind"
)


def saturday_morning(week: Week) -> None:
    """Whoever keeps the key makes the next one, and hands it to the agencies; housing's adapter is down."""
    minted = typed(week.system, LINKAGE, "mint", str(week.system.folder / "keys"))
    week.promise("A new key was made and handed to every agency while all of them were at work",
                 minted.returncode == 0 and HOUSING in minted.stdout, said(minted))  # fmt: skip
    week.say("there is a new key for the tokens: each agency's own system gives its people again; both keys match")


def sunday_dawn(week: Week) -> None:
    """All who are there are done; an officer wants to end the old key, and hears who would be left behind."""
    _until_given_again(week, CJIT, DRUGS, PROJECT)
    early = started(week.system, BROKER, *_retire(week))
    _asked(week)
    out, _ = early.communicate(timeout=60)
    refused = early.returncode == 1 and HOUSING in out and PROJECT not in out
    week.promise("The old key could not be ended while one agency was away, and the officer was told which", refused, out)
    week.tell(HEADING, f"On Sunday before dawn an officer wanted to end the old key, and was told:\n{out.rstrip()}")
    week.say("the old key stays: housing is away, and its people are known under that one alone")


def sunday_forenoon(week: Week) -> None:
    """Housing is back and has given its people again: the officer ends the old key, and goes to church meanwhile."""
    _until_given_again(week, HOUSING, HOUSING, HOUSING)
    week.under_way = started(week.system, BROKER, *_retire(week))
    _asked(week)


def sunday_evening(week: Week) -> None:
    """It has ended; the key is taken away, and everyone is met as before."""
    assert week.under_way is not None, "it began in the forenoon"
    out, errors = week.under_way.communicate(timeout=60)
    dropped = typed(week.system, LINKAGE, "drop", "1", str(week.system.folder / "keys"))
    _asked(week)
    week.promise("The old key ended on an officer's signed word, and was taken away",
                 (week.under_way.returncode, dropped.returncode) == (0, 0), (out, errors, said(dropped)))  # fmt: skip
    week.promise("Under the old key, under both, and under the new one alone every check was answered as before",
                 set(week.as_ever) == {_AS_EVER} and len(week.as_ever) == 3, week.as_ever)  # fmt: skip
    week.tell(
        HEADING,
        "When housing was back, and had given its people again, an officer signed that the old key ends; it was taken away. "
        "A woman on a caseload was 'active' and a stranger 'not known' before, in between, and after.",
    )
    week.say("everyone is known under the new key; the old one is ended by an officer's word, and taken away")


def _retire(week: Week) -> tuple[str, ...]:
    key = week.system.folder / "keys" / PEOPLE / _OFFICER
    return "keys", "retire", "1", "--key", str(key)


def _until_given_again(week: Week, *agencies: str) -> None:
    week.stage.until("people to be given again", lambda: week.stores.broker.rows(_BEHIND, agencies)[0]["n"] == 0)


def _asked(week: Week) -> None:
    """About a woman on a caseload, and about one whom nobody knows."""
    stage = week.stage
    woman = [one for one in week.women if week.leaders.get(one.id) == PROJECT and CJIT not in one.known_at][-1]
    checks = [week.forms.check(woman), week.forms.check_of(_STRANGER, worker="worker_31", within=10)]
    stage.play(CJIT, *checks)
    answers = [stage[CJIT].said(check["id"], "caseload_answer") or {} for check in checks]
    week.as_ever.append((str(answers[0].get("status")), str(answers[1].get("status"))))
