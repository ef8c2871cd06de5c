"""The fields of local records that differ from the wire: local ids, times as people write them, a person's details.

And the words for a record that is wrong: the field, what is wrong with it, never what stands in it.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from agencies.identity import Details
from agencies.names import district, plain_nhs_number
from contracts.frozen import Frozen
from contracts.messages.compartments import Date, Identity, ShortText
from contracts.vocabulary import Article6, Article9Or10, Confidence, Gateway

LocalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class ErrorInRecord(ValueError):  # noqa: N818  # reads as what it is: an error in a record, not in the program
    """A record that cannot be sent, with a code and a sentence for its writer. Quotes no value."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence


def milliseconds(text: str) -> int:
    """A time with a zone, as whole milliseconds since 1970 UTC; ValueError otherwise."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return int(moment.timestamp() * 1000)


def _is_time(text: str) -> str:
    milliseconds(text)
    return text


Time = Annotated[str, AfterValidator(_is_time)]


class Basis(Frozen):
    """Overrides of the lawful basis that this kind of agency usually gives for a purpose."""

    article_6: Article6 | None = None
    article_9_or_10: Article9Or10 | None = None
    confidence: Confidence | None = None
    gateway: Gateway | None = None


class IssuedNumber(Frozen):
    """A number that somebody else gave her: a prison, a probation service, a hostel."""

    issuer: ShortText
    number: Annotated[str, StringConstraints(max_length=20)]


class LocalIdentity(Frozen):
    """Who she is, as written down here: a full postcode and a spaced NHS number are welcome."""

    forename: ShortText
    surname: ShortText
    aliases: Annotated[tuple[ShortText, ...], Field(max_length=8)] = ()
    date_of_birth: Date | None = None
    sex: Annotated[str, StringConstraints(pattern=r"^(female|male|other|not_given)$")] = "not_given"
    nhs_number: Annotated[str, StringConstraints(max_length=20)] | None = None
    postcode: Annotated[str, StringConstraints(max_length=20)] | None = None
    postcode_district: Annotated[str, StringConstraints(max_length=20)] | None = None
    pnc_id: Annotated[str, StringConstraints(max_length=20)] | None = None
    issued_numbers: Annotated[tuple[IssuedNumber, ...], Field(max_length=3)] = ()
    address: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Where she lives, the lines before the town, with commas between. It leaves the building in no message."""
    town: Annotated[str, StringConstraints(max_length=80)] | None = None

    def details(self) -> Details:
        """What her tokens are made of: all that is written here.

        The police's and others' numbers for her and where she lives go to nobody: what is looked for by a man whom she fled,
        or by a landlord, is her address.
        """
        return Details(
            forename=self.forename, surname=self.surname, aliases=self.aliases, date_of_birth=self.date_of_birth, sex=self.sex,
            postcode=self.postcode_district or self.postcode, nhs_number=self.nhs_number, pnc_id=self.pnc_id,
            issued=tuple((each.issuer, each.number) for each in self.issued_numbers), address=self.address, town=self.town,
        )  # fmt: skip

    def on_the_wire(self) -> Identity:
        """As the partnership writes it: a ten-digit number, the district of a postcode, or neither."""
        return Identity(
            forename=self.forename,
            surname=self.surname,
            aliases=self.aliases,
            date_of_birth=self.date_of_birth,
            sex=self.sex,
            nhs_number=plain_nhs_number(self.nhs_number),
            postcode_district=district(self.postcode_district or self.postcode),
        )


_FORMS: Final = {
    "date_of_birth": "write it as YYYY-MM-DD",
    "appointment": "write it as YYYY-MM-DD",
    "month": "write it as YYYY-MM",
    "to": "write the agency's id from the directory, such as housing-ashby",
    "sex": "write female, male, other or not_given",
    "id": "use letters, digits, dots and hyphens, at most 80",
    "person": "use letters, digits, dots and hyphens, at most 80",
}


def explain(error: ValidationError) -> ErrorInRecord:
    """The first fault of a record in plain words."""
    found = error.errors(include_url=False, include_input=False)[0]
    # The union names its own branch first; the developer never wrote that word as a field.
    place = [str(part) for part in found["loc"]]
    record = place.pop(0) if len(place) > 1 or found["type"] in {"missing", "extra_forbidden"} else ""
    field = ".".join(place) or "type"
    return ErrorInRecord(f"wrong-field:{field}"[:60], _sentence(found["type"], field, record, found.get("ctx", {})))


def _sentence(kind: str, field: str, record: str, context: dict[str, Any]) -> str:
    if kind.startswith("union_tag"):
        return f"The field type must be one of: {context.get('expected_tags', 'the types in docs/adapter-guide.md')}."
    if kind == "missing":
        return f"The field {field} is missing from this {record} record. Add it and send the record again."
    if kind == "extra_forbidden":
        return f"The field {field} does not belong in a {record} record. Remove it and send the record again."
    if kind in {"enum", "literal_error"}:
        return f"The field {field} must be one of: {context.get('expected', '')}."
    if form := _FORMS.get(field.rsplit(".", 1)[-1]):
        return f"The field {field} is not in its agreed form: {form}."
    if kind == "value_error":
        return f"The field {field} is not a time with a zone: write it as 2026-11-21T22:10:00Z."
    if kind.endswith("_type"):
        return f"The field {field} is not of the right type: it should be {kind.removesuffix('_type').replace('_', ' ')}."
    return f"The field {field} is not in its agreed form (see docs/adapter-guide.md)."
