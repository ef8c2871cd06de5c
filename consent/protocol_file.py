"""Read the protocol from the files officers keep it in, and name it by the hash of every byte they read.

Leaves out: what is in it (``clauses/compile``).
"""

from pathlib import Path
from typing import Final

from consent.clauses.compile import compile_protocol, read_variation
from consent.clauses.fitting import ProtocolError
from consent.protocol import Protocol
from contracts.consent_check import protocol_hash

CORE: Final = Path(__file__).parent / "clauses" / "core.yaml"
# Between documents that were read together, so that what is kept of them can be read again.
_BETWEEN: Final = b"\n--- # what it includes\n"


def load_protocol(path: Path) -> tuple[Protocol, bytes]:
    """The protocol and its text: the partnership's own document, and the core that no partnership can change.

    A variation is read with the document it includes, which lies beside it. The hash names every byte of all of them.
    """
    try:
        text = path.read_bytes()
        variation = read_variation(text)
        if variation is not None:
            included = (path.parent / variation.includes).read_bytes()
            if read_variation(included) is not None:
                raise ProtocolError("it includes a document that itself includes another")
            text = text + _BETWEEN + included
        whole = text + _BETWEEN + CORE.read_bytes()
        return read_kept(whole), whole
    except OSError as error:
        raise ProtocolError(f"{path.name}: cannot be read ({error.strerror})") from None
    except ProtocolError as error:
        raise ProtocolError(f"{path.name}: {error}") from None


def read_kept(text: bytes) -> Protocol:
    """A protocol from the words that were kept of it when it came into force (``load_protocol`` gave them)."""
    *varied, document, core = text.split(_BETWEEN)
    return compile_protocol(document, core, protocol_hash(text), read_variation(varied[0]) if varied else None)
