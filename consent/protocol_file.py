"""Read the protocol from the files officers keep it in, with their signatures, and name it by the hash of every byte they read.

Leaves out: what is in it (``clauses/compile``), and whose signatures it needs (``clauses/signing``).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from consent.clauses.compile import Documents, compile_protocol, read_documents, read_variation
from consent.clauses.fitting import ProtocolError
from consent.clauses.signing import in_force
from consent.protocol import Protocol
from contracts.approvals import Approvals
from contracts.consent_check import protocol_hash
from contracts.directory import Directory

CORE: Final = Path(__file__).parent / "clauses" / "core.yaml"
# Between documents that were read together, so that what is kept of them can be read again.
_BETWEEN: Final = b"\n--- # what it includes\n"


def load_protocol(path: Path) -> tuple[Protocol, bytes]:
    """A protocol as it is written, and its text: to try out, to draw and to prove. Nobody's signature is looked at.

    Nothing is decided in service by what this gives: that is ``load_in_force``.
    """
    return _load(path, lambda read, named: compile_protocol(read, named, between=False))


def load_in_force(path: Path, approvals: Path, directory: Directory) -> tuple[Protocol, bytes]:
    """A protocol that its parties signed, and its text; ProtocolError says whose signature is missing and what to do."""
    signed = load_approvals(approvals)
    return _load(path, lambda read, named: in_force(read, named, signed, directory))


def load_written(path: Path) -> Documents:
    """The words of a protocol, for those who sign them."""
    _, text = load_protocol(path)
    return documents_kept(text)


def read_kept(text: bytes) -> Protocol:
    """A protocol from the words that were kept of it when it came into force (``load_in_force`` gave them)."""
    return compile_protocol(documents_kept(text), protocol_hash(text), between=True)


def documents_kept(text: bytes) -> Documents:
    """The documents of a protocol from its text."""
    *varied, document, core = text.split(_BETWEEN)
    return read_documents(document, core, read_variation(varied[0]) if varied else None)


def load_approvals(path: Path) -> Approvals:
    """Every signature that was given. A file that is not there holds none; one that cannot be read is not used at all."""
    try:
        return Approvals.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Approvals()
    except (OSError, ValidationError):
        raise ProtocolError(f"{path.name}: the officers' signatures cannot be read; put a whole copy back") from None


def _load(path: Path, made: Callable[[Documents, str], Protocol]) -> tuple[Protocol, bytes]:
    """The partnership's own document, and the core that no partnership can change.

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
        return made(documents_kept(whole), protocol_hash(whole)), whole
    except OSError as error:
        raise ProtocolError(f"{path.name}: cannot be read ({error.strerror})") from None
    except ProtocolError as error:
        raise ProtocolError(f"{path.name}: {error}") from None
