"""The people and the system of a simulated agency: it keeps what it is told, and answers what it is asked, after a short while.

Deterministic: what happens is in the tables (``tables.sql``), and the answers to one arrival follow from it and the habits.
Leaves out: the story, which whoever writes the task rows tells.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from agencies.case_system import CaseSystemDownError, LocalNotice, LocalRecord

_TABLES: Final = Path(__file__).with_name("tables.sql")
_HABITS: Final = {
    "answer_referrals": "accept",
    "decline_needs": "",
    "answer_after_ms": "300",
    "complete_referrals": "no",
    "answer_leads": "accept",
}


class NotADemonstrationError(Exception):
    """A simulated case system was asked for outside a demonstration."""


class Office:
    """The ``CaseSystem`` of a simulated agency."""

    def __init__(self, path: Path, clock: Callable[[], int], *, demonstration: bool) -> None:
        if not demonstration:
            raise NotADemonstrationError("a simulated case system starts only with DEMONSTRATION=1; use drop-folder:PATH")
        file = path if path.suffix == ".sqlite" else path / "case_system.sqlite"
        file.parent.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=5)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=FULL")
        self._rows.executescript(_TABLES.read_text())
        self._clock = clock

    # --- the case system

    def outgoing(self, limit: int) -> list[LocalRecord]:
        """Tasks that are due."""
        self._refuse_in_an_outage()
        rows = self._rows.execute(
            "SELECT id, record FROM task WHERE state = 'new' AND due <= ? ORDER BY due, id LIMIT ?", (self._clock(), limit)
        )
        return [LocalRecord(name, {**json.loads(record), "id": name}) for name, record in rows.fetchall()]

    def taken(self, record_id: str, message_id: str) -> None:
        """The task is done."""
        self._refuse_in_an_outage()
        self._rows.execute("UPDATE task SET state = 'taken', message = ? WHERE id = ?", (message_id, record_id))

    def rejected(self, record_id: str, code: str, sentence: str) -> None:
        """The task cannot be done as it stands."""
        self._refuse_in_an_outage()
        told = {"type": "rejected", "record": record_id, "code": code, "sentence": sentence}
        # Told first: told twice is once, and never told is silence.
        self._keep_told(f"rejected-{record_id}", told)
        self._rows.execute("UPDATE task SET state = 'rejected' WHERE id = ?", (record_id,))

    def hand_over(self, arrived: LocalRecord) -> None:
        """Keep it, and put the answers to it on the list of tasks; both or neither."""
        self._refuse_in_an_outage()
        now = self._clock()
        self._rows.execute("BEGIN IMMEDIATE")
        try:
            new = self._rows.execute(
                "INSERT OR IGNORE INTO arrived VALUES (?, ?, ?)", (arrived.id, now, json.dumps(dict(arrived.fields)))
            ).rowcount
            if new:
                for place, answer in enumerate(self._answers(arrived.fields)):
                    self._plan(f"answer-{place}-{arrived.id}", now + self._delay() * (place + 1), answer)
        except BaseException:
            self._rows.execute("ROLLBACK")
            raise
        self._rows.execute("COMMIT")

    def told(self, notice: LocalNotice) -> None:
        """Keep it."""
        self._refuse_in_an_outage()
        if notice.fields.get("type") == "register_again":
            self._register_again(notice)
        self._keep_told(notice.id, dict(notice.fields))

    def _register_again(self, notice: LocalNotice) -> None:
        """The partnership has a new key: what is on file of this person is given again, under an id of its own."""
        found = self._rows.execute(
            "SELECT record FROM task WHERE json_extract(record, '$.type') = 'person' AND json_extract(record, '$.person') = ? "
            "ORDER BY due DESC, id LIMIT 1",
            (notice.fields["person"],),
        ).fetchone()
        if found:
            self._plan(notice.id, self._clock(), json.loads(found[0]))

    # --- how its people behave

    def _answers(self, arrived: Any) -> list[dict[str, Any]]:
        match arrived["type"]:
            case "referral":
                return self._answers_to_referral(arrived)
            case "lead_propose":
                return self._answers_to_lead(arrived)
            case _:
                return []

    def _answers_to_referral(self, arrived: Any) -> list[dict[str, Any]]:
        habit = self._habit("answer_referrals")
        # The police learn nothing of what became of her (R11), so nobody here would answer them.
        if habit == "ignore" or arrived.get("from_kind") == "police":
            return []
        unwanted = self._habit("decline_needs") in arrived.get("request", {}).get("needs", ())
        declines = habit == "decline" or (habit == "by_needs" and unwanted)
        said = [_referral_answer(arrived, "received", "seen")]
        if declines:
            return [*said, _referral_answer(arrived, "declined", "cannot_help", ("outside_our_service",))]
        said.append(_referral_answer(arrived, "accepted", "taken_on"))
        if self._habit("complete_referrals") == "yes":
            said.append(_referral_answer(arrived, "completed", "done"))
        return said

    def _answers_to_lead(self, arrived: Any) -> list[dict[str, Any]]:
        habit = self._habit("answer_leads")
        if habit == "ignore":
            return []
        accepts = habit == "accept"
        return [
            {
                "type": "lead_accept" if accepts else "lead_decline",
                "worker": "duty_worker",
                "age_band": "adult",
                "answers": arrived["id"],
                "outcome": {"result": "lead_taken" if accepts else "lead_not_taken"},
            }
        ]

    # --- rows

    def _plan(self, name: str, due: int, record: dict[str, Any]) -> None:
        self._rows.execute(
            "INSERT OR IGNORE INTO task (id, due, record) VALUES (?, ?, ?)", (name, due, json.dumps({**record, "id": name}))
        )

    def _keep_told(self, notice: str, record: dict[str, Any]) -> None:
        self._rows.execute(
            "INSERT OR IGNORE INTO told (at, record, notice) VALUES (?, ?, ?)", (self._clock(), json.dumps(record), notice)
        )

    def _habit(self, name: str) -> str:
        row = self._rows.execute("SELECT value FROM habit WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else _HABITS[name]

    def _delay(self) -> int:
        return int(self._habit("answer_after_ms"))

    def _refuse_in_an_outage(self) -> None:
        now = self._clock()
        if self._rows.execute("SELECT 1 FROM outage WHERE starts <= ? AND ends > ?", (now, now)).fetchone():
            raise CaseSystemDownError("an outage is planned for now")


def _referral_answer(arrived: Any, answer: str, result: str, reasons: tuple[str, ...] = ()) -> dict[str, Any]:
    # Who says that it is done says what stands behind it, as any worker would (R55, R57).
    ending = {"ending": {"place_assessed": True, "aftercare": "agreed"}} if answer == "completed" else {}
    return {
        "type": "referral_answer",
        "worker": "duty_worker",
        "age_band": "adult",
        "answers": arrived["id"],
        "answer": answer,
        "outcome": {"result": result, "reasons": list(reasons)},
        **ending,
    }
