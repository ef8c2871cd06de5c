"""She takes her consent back after she was referred: who had been told is told so, acknowledges it, and is in the report.

Leaves out what is still on its way when she does, which is Wednesday's and Sunday's (``demo_trouble``).
"""

from typing import Final

from broker.local.demo_cast import Woman
from broker.local.demo_commands import RIGHTS, typed
from broker.local.demo_forms import DRUGS, PROJECT
from broker.local.demo_notes import Week

_ALERT: Final = "consent_withdrawn"
_OPEN: Final = (
    "SELECT COUNT(*) AS n FROM telling AS t WHERE NOT EXISTS (SELECT 1 FROM outcome AS o WHERE o.message_id = t.telling_id)"
)


def takes_back(week: Week, agency: str, woman: Woman, to: str) -> None:
    """What she agreed to last about this recipient, she takes back at the agency that asked her."""
    asked = [form for form in week.stage[agency].put if form["type"] == "consent" and form["person"] == woman.id]
    consent = next(form["consent"] for form in reversed(asked) if form["to"] == to and len(form["labels"]) > 1)
    withdrawal = week.forms.withdrawal(consent)
    week.stage.play(agency, withdrawal)
    week.taken_back.append(week.stage[agency].message_of(withdrawal["id"]) or "")


def after_it_arrived(week: Week, woman: Woman, record: str) -> None:
    """The drug service has her referral already: it is told, and nothing can fetch the referral back."""
    stage, message = week.stage, week.stage[PROJECT].message_of(record)
    takes_back(week, PROJECT, woman, DRUGS)

    def told() -> bool:
        return any(one["alert"] == _ALERT and one["message"] == message for one in stage[DRUGS].alerts)

    stage.until("the drug service to hear that she took it back", told)
    week.say(f"{woman.name} takes her consent back after the drug service has read her referral: it is told at once")


def how_far_it_came(week: Week) -> None:
    """The officer's report on each withdrawal and correction of the week, once everybody has acknowledged."""
    stores = week.stores.consent
    week.stage.until("everybody who was told to acknowledge it", lambda: stores.rows(_OPEN)[0]["n"] == 0)
    done = typed(week.system, RIGHTS, "report", "--reader", "demonstration", *week.taken_back)
    week.travelled = done.stdout.splitlines()
    week.promise(
        "Whoever had been told heard that she took it back, or that it was wrong, and acknowledged it",
        done.returncode == 0,
        done.stderr,
    )
