"""Names of things on the wire: who, which message, which person as one agency knows her. Valid by construction.

Agencies are known by an issued id, never by name: names collide and change (rule R59).
Leaves out: keys (``keys``) and what any of them may do (``directory``).
"""

import secrets
from typing import Annotated, Final

from pydantic import Field, StringConstraints

AGENCY_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"

AgencyId = Annotated[str, StringConstraints(pattern=AGENCY_PATTERN, min_length=2, max_length=40)]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,30}$")]
PersonName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,48}$")]
"""A worker or officer, as the agency writes her into the key directory: a surname and a letter, or a staff number."""
RankName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,40}$")]
MessageId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ConversationId = MessageId
Reference = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ConsentId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}:[A-Za-z0-9_-]{12}$")]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=60_000)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_/.:-]{0,60}$")]

# Whole milliseconds since 1 January 1970 UTC, up to the year 2100: every time on the wire and in every store.
Moment = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
Slot = Annotated[int, Field(ge=0, le=7)]

BROKER: Final = "broker"
CONSENT: Final = "consent"


def new_id() -> str:
    """A fresh random 128-bit id, as 32 hexadecimal digits: message, conversation, reference, consent."""
    return secrets.token_hex(16)
