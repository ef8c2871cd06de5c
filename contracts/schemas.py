"""The published form of every message, for those who write an adapter in another language: JSON Schema and AsyncAPI.

``python -m contracts.schemas`` writes them to ``contracts/schemas/``; ``--check`` only says whether they are current. What is
written follows from the models alone, so that it cannot say anything else than the reader accepts.
Leaves out: canonical form, hashes and locks, which no schema can say (``docs/walk.md`` does).
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from contracts.asyncapi import asyncapi
from contracts.consent_check import OutcomeBatch, QuestionBatch, SignedAnswers
from contracts.directory import Root, SignedDirectory
from contracts.envelope import Submission
from contracts.facts import Facts
from contracts.frozen import Frozen
from contracts.kinds import SHAPES, Kind, Shape
from contracts.locks import ToConsent, ToRecipient
from contracts.messages.attendance import AttendanceReported
from contracts.messages.caseloads import LeadAccepted, LeadDeclined, LeadProposed
from contracts.messages.consents import ConsentRecorded, ConsentWithdrawn, CorrectionRecorded, ForConsent
from contracts.messages.conversation import Said
from contracts.messages.prescriptions import ScriptTransferred
from contracts.messages.referrals import (
    IncidentReported,
    ReferralAccepted,
    ReferralCompleted,
    ReferralDeclined,
    ReferralMade,
    ReferralReceived,
    ReferralWithdrawn,
)
from contracts.notices import CaseloadAnswer, SignedNotice
from contracts.permit import Delivery, Permit
from contracts.steps import (
    CaseStep,
    CheckStep,
    GapStep,
    LeadStep,
    PresentationStep,
    ReceiptsStep,
    ReferenceStep,
    RegisterStep,
    ReviewStep,
    ScriptStep,
    WatchStep,
)

FOLDER: Final = Path(__file__).parent / "schemas"

# What travels, under the name of its file.
WHOLE: Final[dict[str, type[Frozen]]] = {
    "submission": Submission,
    "delivery": Delivery,
    "permit": Permit,
    "notice": SignedNotice,
    "caseload-answer": CaseloadAnswer,
    "to-consent": ToConsent,
    "to-recipient": ToRecipient,
    "question-batch": QuestionBatch,
    "signed-answers": SignedAnswers,
    "outcome-batch": OutcomeBatch,
    "directory": SignedDirectory,
    "root": Root,
}
SAID: Final[dict[Kind, type[Said | ForConsent]]] = {
    said.KIND: said
    for said in (
        AttendanceReported, ConsentRecorded, ConsentWithdrawn, CorrectionRecorded, IncidentReported, LeadAccepted, LeadDeclined,
        LeadProposed,
        ReferralAccepted, ReferralCompleted, ReferralDeclined, ReferralMade, ReferralReceived, ReferralWithdrawn,
        ScriptTransferred,
    )
}  # fmt: skip
STEPS: Final[dict[str, type[Frozen]]] = {
    "register": RegisterStep,
    "reference": ReferenceStep,
    "check": CheckStep,
    "presentation": PresentationStep,
    "review": ReviewStep,
    "case": CaseStep,
    "watch": WatchStep,
    "gap": GapStep,
    "lead": LeadStep,
    "script": ScriptStep,
    "receipts": ReceiptsStep,
}
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def kind_file(kind: Kind) -> str:
    """The name of the file that describes a kind: ``referral-made/1`` in ``referral-made-1.json``."""
    return f"{kind.value.replace('/', '-')}.json"


def what_it_says(kind: Kind) -> str:
    """One sentence on a kind, from where its body or its step is defined."""
    shape = SHAPES[kind]
    model = SAID.get(kind) or STEPS[shape.step or ""]
    return (model.__doc__ or "").strip().split("\n")[0]


def documents() -> dict[str, bytes]:
    """Every published file by name."""
    files = {f"{name}.json": _schema_of(name, model) for name, model in WHOLE.items()}
    files |= {kind_file(kind): _schema_of_kind(kind, shape) for kind, shape in SHAPES.items()}
    files["asyncapi.json"] = asyncapi({kind: (kind_file(kind), what_it_says(kind)) for kind in Kind})
    return {name: _written(content) for name, content in sorted(files.items())}


def _written(content: dict[str, Any]) -> bytes:
    return f"{json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)}\n".encode()


def _schema_of(name: str, model: type[Frozen]) -> dict[str, Any]:
    schema = _described({name: model})
    definition = schema["$defs"].pop(model.__name__)
    return {"$schema": _DIALECT, "$id": f"{name}.json", **definition, "$defs": schema["$defs"]}


def _schema_of_kind(kind: Kind, shape: Shape) -> dict[str, Any]:
    """What a message of one kind says, part by part; ``submission.json`` is what it looks like while it travels."""
    parts: dict[str, type[Frozen]] = {}
    if kind in SAID:
        parts["said"] = SAID[kind]
    if shape.asks_consent:
        parts["facts"] = Facts
    if shape.step:
        parts["step"] = STEPS[shape.step]
    return {
        "$schema": _DIALECT,
        "$id": kind_file(kind),
        "title": kind.value,
        "description": what_it_says(kind),
        "type": "object",
        "properties": {part: {"$ref": f"#/$defs/{model.__name__}"} for part, model in parts.items()},
        "required": sorted(parts),
        "additionalProperties": False,
        "x-goes-to": shape.goes.value,
        "x-names-a-person": shape.names_person,
        "x-longest-life-milliseconds": shape.lifetime,
        **_described(parts),
    }


def _described(models: dict[str, type[Frozen]]) -> dict[str, Any]:
    """The definitions of some models, as they are written: on the wire no field is left out."""
    _, schema = models_json_schema([(model, "serialization") for model in models.values()])
    return {"$defs": schema.get("$defs", {})}


def _stale(folder: Path, files: dict[str, bytes]) -> list[str]:
    """The names of files that are missing, differ, or are there without a reason."""
    there = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    return sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))


def main(arguments: list[str] | None = None) -> int:
    """``[--check] [FOLDER]``: write the files, or say whether they are current."""
    parser = argparse.ArgumentParser(prog="python -m contracts.schemas", description="Write the published message forms.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is not current")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where (default: contracts/schemas)")
    chosen = parser.parse_args(arguments)
    files = documents()
    folder: Path = chosen.folder
    stale = _stale(folder, files)
    if chosen.check:
        for name in stale:
            sys.stderr.write(f"{name} is not current: run python -m contracts.schemas\n")
        return 1 if stale else 0
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
        if name in files:
            (folder / name).write_bytes(files[name])
    sys.stdout.write(f"{len(files)} files in {folder.name}/, {len(stale)} of them changed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
