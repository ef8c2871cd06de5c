"""Read the protocol from the files officers keep it in, and name it by the hash of every byte they read.

Leaves out: what is in it (``clauses/compile``).
"""

from pathlib import Path
from typing import Final

from consent.clauses.compile import ProtocolError, compile_protocol, read_variation
from consent.protocol import Protocol
from contracts.consent_check import protocol_hash

# Between two documents that were read together, so that what is kept of them can be read again.
_BETWEEN: Final = b"\n--- # what it includes\n"


def load_protocol(path: Path) -> tuple[Protocol, bytes]:
    """The protocol and its text. A variation is read with the document it includes, which lies beside it, and named by both."""
    try:
        text = path.read_bytes()
        variation = read_variation(text)
        if variation is None:
            return compile_protocol(text, protocol_hash(text)), text
        included = (path.parent / variation.includes).read_bytes()
        if read_variation(included) is not None:
            raise ProtocolError("it includes a document that itself includes another")
        whole = text + _BETWEEN + included
        return compile_protocol(included, protocol_hash(whole), variation), whole
    except OSError as error:
        raise ProtocolError(f"{path.name}: cannot be read ({error.strerror})") from None
    except ProtocolError as error:
        raise ProtocolError(f"{path.name}: {error}") from None


def read_kept(text: bytes) -> Protocol:
    """A protocol from the words that were kept of it when it came into force (``load_protocol`` gave them)."""
    first, between, included = text.partition(_BETWEEN)
    if not between:
        return compile_protocol(text, protocol_hash(text))
    return compile_protocol(included, protocol_hash(text), read_variation(first))
