"""What must be right before the service answers anyone: keys that fit the directory, and a whole log.

Leaves out: the protocol (``taking_over``), and connecting to anything but the database.
"""

from pathlib import Path

from sqlalchemy import Engine

from consent.answers import Keys
from consent.log.append import LogSigner
from consent.log.read import NotInLogError, inclusion_now, newest_checkpoint
from contracts.checkpoint import CheckpointError, open_note
from contracts.directory import Directory
from contracts.keyring import KeyringError, load_open_key, load_signing_key
from contracts.proofs import ProofError, verify_inclusion


class StartError(Exception):
    """The service may not start, with the reason in plain words."""


def load_keys(folder: Path, directory: Directory) -> Keys:
    """Our private keys, which must be those the directory names: permits under another key would be believed by nobody."""
    signing, log = load_signing_key(folder), load_signing_key(folder, "log")
    opening = load_open_key(folder, "sealing")
    ours = (signing.id, log.id, opening.id)
    if ours != (directory.consent_signing.id, directory.log_signing.id, directory.consent_key.id):
        raise KeyringError(f"the keys in {folder.name} are not the consent service's keys in the key directory")
    return Keys(signing, opening, LogSigner(directory.log_name, log.ed25519))


def check_log(engine: Engine, directory: Directory) -> int:
    """How many entries the log has. StartError when its newest head does not stand over what is stored.

    Whole logs are checked offline, by ``log/verify``; this notices a store that was put back in part, or by another key.
    """
    with engine.begin() as connection:
        newest = newest_checkpoint(connection)
        row = connection.exec_driver_sql("SELECT leaf_index, hash FROM leaf ORDER BY leaf_index DESC LIMIT 1").first()
        if newest is None or row is None:
            if newest is not None or row is not None:
                raise StartError("the log has entries and no signed head, or the other way round; put a whole copy back")
            return 0
        try:
            head = open_note(newest.note, directory.log_name, directory.log_signing.ed25519)
            # The proof of the last stored leaf needs every leaf after it, so a log that lost its end fails here, too.
            proof = inclusion_now(connection, row.leaf_index).proof
            verify_inclusion(bytes(row.hash), row.leaf_index, head.size, list(proof), head.root)
        except (CheckpointError, ProofError, NotInLogError):
            raise StartError("the log's newest signed head does not stand over its entries; put a whole copy back") from None
        return head.size
