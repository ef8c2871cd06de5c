"""Who should lead is asked again by itself, when a service comes into the directory or has a place again (W02).

An agency that proposed the lead and found nobody to take it leads on; so does the CJIT, which keeps whoever has nobody else
(R04). Neither looks into the directory every day. Nothing changes here but what they know. Leaves out: declined and unanswered
proposals, which are told as they happen (``leads``, ``cases``).
"""

from typing import Final

from broker.incoming import Settled
from broker.outcome import Alert
from broker.store import outbox_rows
from broker.store.database import Work
from broker.store.house import House
from broker.store.notices import Notices
from contracts.offers import is_full

# A broker that was started with an older list must not take what is new in a newer one for gone.
_NEWEST: Final = (
    "INSERT INTO counter (name, value) VALUES ('services', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
    "WHERE counter.value <= excluded.value"
)
_SEEN: Final = "SELECT service FROM service_seen"
_SEE: Final = "INSERT INTO service_seen (service, at) VALUES (?, ?) ON CONFLICT DO NOTHING"
_GONE: Final = "DELETE FROM service_seen WHERE service = ANY(?)"
_LEADS: Final = (
    "SELECT c.agency, r.reference, EXISTS (SELECT 1 FROM proposal AS p WHERE p.person = c.person AND p.lead = c.agency "
    "AND p.state IN ('declined', 'fallen')) FROM cases AS c JOIN record AS r ON r.id = c.record "
    "WHERE c.role = 'lead' AND c.state = 'open' AND NOT EXISTS "
    "(SELECT 1 FROM proposal AS o WHERE o.person = c.person AND o.state = 'open') ORDER BY c.opened, c.id"
)


def reopen(work: Work, house: House, now: int) -> Settled:
    """Tell each once, by whichever broker looks first."""
    notices = Notices(house.directory, now)
    told = [alert for agency in _newcomers(work, house, now) for alert in _concerned(work, house, agency)]
    for alert in told:
        notices.alert(alert)
    counts = {("lead asked again", ""): len(told)} if told else {}
    return Settled(outbox_rows.add(work, house.process, [], notices.mail(house.signing), now), counts)


def _newcomers(work: Work, house: House, now: int) -> list[str]:
    """The agencies that may lead and offer something that they did not offer when somebody last looked."""
    if not house.services_version or work.run(_NEWEST, house.services_version) < 1:
        return []
    offered = {
        service.id: service.organization
        for service in house.offered
        if service.status == "active" and service.organization in house.leaders and not is_full(service, now)
    }
    seen = {service for (service,) in work.rows(_SEEN)}
    if gone := sorted(seen - offered.keys()):
        work.run(_GONE, gone)
    new = [service for service in sorted(offered.keys() - seen) if work.run(_SEE, service, now)]
    return sorted({offered[service] for service in new})


def _concerned(work: Work, house: House, newcomer: str) -> list[Alert]:
    """Whoever proposed the lead and nobody took it, woman by woman; and once, without a name, whoever keeps others."""
    leads = [row for row in work.rows(_LEADS) if row[0] != newcomer]
    again = [Alert(agency, "lead_question_open", reference, newcomer) for agency, reference, asked in leads if asked]
    keeps = {agency for agency, _, asked in leads if not asked and agency in house.keepers}
    return [*again, *(Alert(agency, "lead_question_open", None, newcomer) for agency in sorted(keeps))]
