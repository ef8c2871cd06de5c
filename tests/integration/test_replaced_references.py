"""A reference that an agency had replaced (T16): what was on its way is decided for the right woman; then it is forgotten."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import pytest

from broker.effects import ReplaceReference
from broker.store import former, merges
from broker.store.database import Work
from contracts.identifiers import new_id
from contracts.kinds import FORMER_STANDS, Kind
from contracts.notices import AlertItem, GuardItem
from contracts.steps import ReferenceStep, RegisterStep, ScriptStep, WatchStep
from contracts.vocabulary import ScriptMove, WatchMove
from tests.factories import MINUTE, letter, person, seal_letter
from tests.guards.races import Pair, at_once, open_pair, opened_as_lead, two_known, wrong_with
from tests.guards.races import message as message_of
from tests.guards.trials import close
from tests.integration.counter import Counter, incoming

CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
RECEIVED, DELIVERED = ("received", None), ("delivered", None)
RESERVE, END = ScriptStep(move=ScriptMove.RESERVE), ScriptStep(move=ScriptMove.RELEASE)


@pytest.fixture
def broker(database_url: str) -> Iterator[Counter]:
    counter = Counter(database_url)
    yield counter
    counter.store.close()


@pytest.fixture
def pair(database_url: str) -> Iterator[Pair]:
    both = open_pair(database_url)
    yield both
    close(both)


def replaces(broker: Counter, old: str, fresh: str | None = None, agency: str = PROJECT) -> tuple[str, str]:
    """An agency asks for a fresh reference; the message, and the reference."""
    fresh = fresh or new_id()
    return broker.send(Kind.REFERENCE_REPLACED, agency, reference=old, step=ReferenceStep(fresh=fresh)), fresh


def records(broker: Counter) -> list[tuple[str, str, str, str]]:
    return [(i, a, r, p) for i, a, r, p in broker.ask("SELECT id, agency, reference, person FROM record ORDER BY n")]


def everything(broker: Counter) -> str:
    """All that stands in any table of the broker, as text."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not broker.store._database.sqlite:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    tables = [name for (name,) in broker.ask(named) if not name.startswith("sqlite_")]
    assert {"record", "former_reference", "asked_about", "body", "outbox"} <= set(tables)
    cells = [cell for name in tables for row in broker.ask(f"SELECT * FROM {name}") for cell in row]
    return "\n".join(bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else str(cell) for cell in cells)


def holds_her(broker: Counter) -> str:
    """The project leads for her, prescribes, and watches for her; its reference."""
    old = broker.register(PROJECT, person())
    broker.settle([opened_as_lead(broker, PROJECT, old, 0)])
    broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=old, step=RESERVE)
    until = broker.now + 30 * 86_400_000
    broker.send(Kind.WATCH_SET, PROJECT, reference=old, step=WatchStep(move=WatchMove.SET, until=until))
    return old


# --- replaced


def test_her_record_has_a_new_name_and_is_the_same_in_everything_else(broker: Counter) -> None:
    old = holds_her(broker)
    theirs = broker.register(CJIT, person())
    (before, _), guarded = records(broker), [broker.ask(f"SELECT * FROM {table}") for table in ("cases", "script", "watch")]
    broker.items.clear()
    message, fresh = replaces(broker, old)
    assert [one for one in records(broker) if one[1] == PROJECT] == [(before[0], PROJECT, fresh, before[3])]
    assert [broker.ask(f"SELECT * FROM {table}") for table in ("cases", "script", "watch")] == guarded
    assert broker.told(PROJECT, message) == [RECEIVED, DELIVERED]
    assert broker.state(message) == "done"
    assert broker.ask("SELECT * FROM body WHERE message = ?", message) == []
    # Nobody else learns of it; and the log which agency did it and when, and neither reference.
    assert set(broker.items) == {PROJECT}
    assert [one[2] for one in records(broker) if one[1] == CJIT] == [theirs]
    (told,) = [one for one in broker.outcomes if one.message == message]
    assert (told.kind, told.sender, told.state, told.at) == ("reference-replaced/1", PROJECT, "done", broker.now)
    assert not {old, fresh} & set(re.findall("[0-9a-f]{32}", told.model_dump_json()))


def test_her_agency_hears_of_her_by_the_new_reference_and_so_does_its_weekly_list_of_what_was_before(broker: Counter) -> None:
    old = holds_her(broker)
    broker.check(CJIT, person())
    assert broker.ask("SELECT DISTINCT reference FROM asked_about") == [(old,)]
    _, fresh = replaces(broker, old)
    broker.items.clear()
    broker.check(CJIT, person())
    told = [one.reference for one in broker.items[PROJECT] if isinstance(one, AlertItem)]
    assert told
    assert set(told) == {fresh}
    assert broker.ask("SELECT reference FROM asked_about WHERE agency = ?", PROJECT) == [(fresh,), (fresh,)]


# --- what was on its way


@dataclass(frozen=True)
class Late:
    """Something that was sent under the former reference before its agency heard of the new one."""

    name: str
    send: Callable[[Counter, str], str]
    becomes: str


LATE = [
    Late("a step of a prescription", lambda b, old: b.send(Kind.SCRIPT_ENDED, PROJECT, reference=old, step=END), "done"),
    Late("a referral", lambda b, old: b.send(Kind.REFERRAL_MADE, PROJECT, reference=old, recipient=DRUGS), "sent"),
    Late("a consent", lambda b, old: b.send(Kind.CONSENT_RECORDED, PROJECT, reference=old), "done"),
    Late(
        "the end of a watch",
        lambda b, old: b.send(Kind.WATCH_SET, PROJECT, reference=old, step=WatchStep(move=WatchMove.END)),
        "done",
    ),
    Late(
        "her registration once more",
        lambda b, old: b.send(Kind.PERSON_REGISTERED, PROJECT, reference=old, step=RegisterStep(tokens=person().tokens)),
        "done",
    ),
]


def test_what_was_sent_under_the_former_reference_is_decided_for_her(broker: Counter) -> None:
    old = holds_her(broker)
    (hers,) = records(broker)
    _, fresh = replaces(broker, old)
    for late in LATE:
        message = late.send(broker, old)
        assert broker.state(message) == late.becomes, late.name
        assert broker.ask("SELECT record FROM message WHERE id = ?", message) in ([(hers[0],)], [(None,)]), late.name
        assert [one for one in records(broker) if one[1] == PROJECT] == [(hers[0], PROJECT, fresh, hers[3])], late.name
    assert {one.reference for one in broker.items[PROJECT] if isinstance(one, GuardItem)} == {old, fresh}


def test_in_one_batch_what_comes_before_and_after_goes_to_her(broker: Counter) -> None:
    old, fresh = broker.register(PROJECT, person()), new_id()
    batch = [
        message_of(broker, Kind.SCRIPT_RESERVED, PROJECT, reference=old, step=RESERVE),
        message_of(broker, Kind.REFERENCE_REPLACED, PROJECT, reference=old, step=ReferenceStep(fresh=fresh)),
        message_of(broker, Kind.SCRIPT_CONFIRMED, PROJECT, reference=old, step=ScriptStep(move=ScriptMove.CONFIRM)),
        message_of(broker, Kind.SCRIPT_ENDED, PROJECT, reference=fresh, step=ScriptStep(move=ScriptMove.END)),
    ]
    broker.settle(batch)
    states = [broker.state(one.message or "") for one in batch]
    assert states[:3] == ["done", "done", "done"]
    assert states[3] in {"done", "waiting"}
    broker.now += 2_000
    broker.due()
    assert broker.ask("SELECT state FROM script") == [("ended",)]


def test_what_came_too_early_under_the_new_one_is_woken(broker: Counter) -> None:
    old, fresh = broker.register(PROJECT, person()), new_id()
    early = broker.send(Kind.SCRIPT_RESERVED, PROJECT, reference=fresh, step=RESERVE)
    assert broker.state(early) == "waiting"
    replaces(broker, old, fresh)
    assert broker.due() == 1
    assert broker.state(early) == "done"


def test_what_others_send_her_agency_carries_the_new_one_and_what_lies_there_is_still_answered(broker: Counter) -> None:
    theirs = broker.register(CJIT, person())
    old = broker.register(PROJECT, person())
    conversation = new_id()
    made = broker.send(Kind.REFERRAL_MADE, CJIT, reference=theirs, conversation=conversation)
    _, fresh = replaces(broker, old)
    broker.send(Kind.REFERRAL_MADE, CJIT, reference=theirs)
    assert [delivery.permit.decision.reference for _, delivery in broker.deliveries] == [old, fresh]
    broker.receipt(PROJECT, made, "delivered")
    answer = broker.send(
        Kind.REFERRAL_ACCEPTED, PROJECT, reference=old, conversation=conversation, in_reply_to=made, recipient=CJIT
    )
    assert broker.delivered_to(CJIT) == [answer]
    assert broker.deliveries[-1][1].permit.decision.reference == theirs


def test_what_was_permitted_too_long_ago_is_decided_again_under_the_new_one(broker: Counter) -> None:
    theirs, old = broker.register(CJIT, person()), broker.register(PROJECT, person())
    made = broker.send(Kind.REFERRAL_MADE, CJIT, reference=theirs)
    _, fresh = replaces(broker, old)
    broker.receipt(PROJECT, made, "stale")
    broker.now += MINUTE
    broker.due()
    assert [delivery.permit.decision.reference for _, delivery in broker.deliveries] == [old, fresh]
    assert [delivery.permit.decision.attempt for _, delivery in broker.deliveries] == [1, 2]


# --- once, and not for everything


def test_asked_twice_by_one_message_it_is_done_once(broker: Counter) -> None:
    old, fresh = broker.register(PROJECT, person()), new_id()
    made = letter(Kind.REFERENCE_REPLACED, PROJECT, created=broker.now, reference=old, step=ReferenceStep(fresh=fresh))
    body = seal_letter(made)
    for _ in range(2):
        broker.settle([incoming(body, PROJECT, broker.now)])
    assert broker.told(PROJECT, made.id) == [RECEIVED, DELIVERED, ("delivered", "REPLAYED")]
    assert broker.ask("SELECT reference FROM former_reference") == [(old,)]
    assert [one[2] for one in records(broker)] == [fresh]


def test_an_agency_that_did_not_hear_of_the_new_one_asks_again_and_has_the_last_word(broker: Counter) -> None:
    """Its adapter was put back to a copy from before."""
    old = broker.register(PROJECT, person())
    _, lost = replaces(broker, old)
    again, fresh = replaces(broker, old)
    assert broker.told(PROJECT, again) == [RECEIVED, DELIVERED]
    assert [one[2] for one in records(broker)] == [fresh]
    assert {one for (one,) in broker.ask("SELECT reference FROM former_reference")} == {old, lost}
    for reference in (old, lost, fresh):
        message = broker.send(Kind.REFERRAL_MADE, PROJECT, reference=reference, recipient=DRUGS)
        assert broker.state(message) == "sent"


def test_a_reference_is_never_given_out_again(broker: Counter) -> None:
    old, past = broker.register(PROJECT, person()), broker.register(PROJECT, person(7))
    _, other = replaces(broker, past)
    before = records(broker)
    taken = {"her own, once more": old, "another person's": other, "one that was another person's": past}
    for whose, reference in taken.items():
        message, _ = replaces(broker, old, reference)
        assert broker.told(PROJECT, message) == [("refused", "REFERENCE_TAKEN")], whose
        assert broker.logged(message) == [("refused", "REFERENCE_TAKEN")], whose
    assert records(broker) == before


def test_no_agency_replaces_anothers_nor_learns_in_this_way_whether_it_is_one(broker: Counter) -> None:
    theirs, old = broker.register(CJIT, person(7)), broker.register(PROJECT, person())
    message, _ = replaces(broker, theirs)
    assert broker.told(PROJECT, message) == [RECEIVED, ("held", "UNKNOWN_REFERENCE")]
    message, _ = replaces(broker, old, theirs)
    assert broker.told(PROJECT, message) == [RECEIVED, DELIVERED]
    assert [one[2] for one in records(broker) if one[1] == CJIT] == [theirs]


def test_one_that_nobody_knows_waits_for_its_registration_and_is_refused_at_the_end(broker: Counter) -> None:
    message, _ = replaces(broker, new_id())
    assert broker.told(PROJECT, message) == [RECEIVED, ("held", "UNKNOWN_REFERENCE")]
    broker.now += 86_400_000
    broker.expire()
    assert broker.told(PROJECT, message)[-1] == ("refused", "UNKNOWN_REFERENCE")
    assert records(broker) == broker.ask("SELECT * FROM former_reference") == []


# --- the end of the former one


def test_after_its_time_it_means_nobody_and_stands_nowhere(broker: Counter) -> None:
    old = holds_her(broker)
    broker.check(CJIT, person())
    broker.send(Kind.REFERRAL_MADE, PROJECT, reference=old, recipient=DRUGS)
    (_, delivery) = broker.deliveries[-1]
    _, fresh = replaces(broker, old)
    broker.receipt(DRUGS, delivery.header.id, "delivered")
    broker.publish()
    assert old in everything(broker)
    broker.now += FORMER_STANDS - 1
    broker.expire()
    broker.publish()
    assert broker.ask("SELECT reference FROM former_reference") == [(old,)]
    broker.now += 1
    assert broker.expire().counts["former reference forgotten", ""] == 1
    broker.publish()
    found = everything(broker)
    assert old not in found
    assert fresh in found
    late = broker.send(Kind.SCRIPT_ENDED, PROJECT, reference=old, step=END)
    assert broker.told(PROJECT, late) == [RECEIVED, ("held", "UNKNOWN_REFERENCE")]


# --- two processes


def test_two_processes_that_are_asked_at_once_give_her_one_present_reference(pair: Pair) -> None:
    one, two = pair
    old, trials = one.register(PROJECT, person()), 12
    for _ in range(trials):
        asked = [message_of(each, Kind.REFERENCE_REPLACED, PROJECT, reference=old, step=ReferenceStep(fresh=new_id()))
                 for each in pair]  # fmt: skip
        at_once([lambda: one.settle([asked[0]])], [lambda: two.settle([asked[1]])])  # noqa: B023  # played before the next
        ((present,),) = one.ask("SELECT reference FROM record")
        assert {each.told(PROJECT, message.message)[-1] for each, message in zip(pair, asked, strict=True)} == {DELIVERED}
        assert one.ask("SELECT reference FROM former_reference WHERE reference = ?", present) == []
        old = present
    assert one.ask("SELECT COUNT(*) FROM former_reference") == [(2 * trials,)]


def slowly(effect: Callable[[Work], object], begun: Event) -> Callable[[Work], None]:
    """Do it, and keep the transaction open for a moment."""

    def work_slowly(work: Work) -> None:
        effect(work)
        begun.set()
        time.sleep(0.5)

    return work_slowly


@pytest.mark.parametrize("by", ["the former reference", "the present one"])
def test_a_step_under_either_waits_for_a_merge_that_is_not_yet_committed(pair: Pair, by: str) -> None:
    one, two = pair
    old, theirs, _ = two_known(one, 0)
    _, fresh = replaces(one, old, agency=DRUGS)
    one.send(Kind.SCRIPT_RESERVED, PROJECT, reference=theirs, step=RESERVE)
    people = dict(one.ask("SELECT agency, person FROM record WHERE minted = 0"))
    reference = old if by == "the former reference" else fresh
    start = message_of(two, Kind.SCRIPT_RESERVED, DRUGS, reference=reference, step=RESERVE)
    merged = Event()
    merging = slowly(lambda work: merges.merge(work, people[DRUGS], people[PROJECT], "review", "a test", one.now), merged)
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(one.store._database.write, merging)
        merged.wait(10)
        two.settle([start])
        done.result()
    assert wrong_with(one) == []
    assert two.guard(DRUGS, start.message or "") == [("not_cleared", "SCRIPT_ELSEWHERE", PROJECT)]


def test_a_merge_waits_for_a_reference_that_is_being_replaced_and_holds_the_new_one(pair: Pair) -> None:
    one, two = pair
    old, theirs, _ = two_known(one, 0)
    people = dict(one.ask("SELECT agency, person FROM record WHERE minted = 0"))
    ((hers,),) = one.ask("SELECT id FROM record WHERE reference = ?", old)
    fresh, replaced = new_id(), Event()

    def replace(work: Work) -> None:
        work.lock([old])
        former.replace(work, ReplaceReference(hers, old, fresh), DRUGS, one.now)

    def merge(work: Work) -> None:
        merges.merge(work, people[DRUGS], people[PROJECT], "review", "a test", two.now)
        if not work.sqlite:
            held = work.rows("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            assert int(fresh[:15], 16) & 0xFFFFFFFF in {number for (number,) in held}

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(one.store._database.write, slowly(replace, replaced))
        replaced.wait(10)
        two.store._database.write(merge)
        done.result()
    assert {(reference, person_of) for _, _, reference, person_of in records(one)} == {
        (fresh, people[PROJECT]), (theirs, people[PROJECT]),
    }  # fmt: skip
