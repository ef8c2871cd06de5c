"""A checkpoint opens in one spelling and under one key; a witness's line says when it was seen."""

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.checkpoint import (
    Checkpoint,
    CheckpointError,
    body,
    cosign,
    open_cosigned,
    open_note,
    open_verifier_key,
    sign,
    verifier_key,
)

NAME = "relay.ashby.example/consent/2026"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
HEAD = Checkpoint(NAME, 1234, bytes(range(32)))
NOTE = sign(HEAD, NAME, KEY)
WITNESS = "project-ashby"
SEEN = cosign(NOTE, WITNESS, OTHER, 1_795_000_000)

# From the tests of Go's signed-note library: a key and a signature made by other people's code.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def public(key: Ed25519PrivateKey) -> Ed25519PublicKey:
    return key.public_key()


def test_what_was_signed_opens_again() -> None:
    assert open_note(NOTE, NAME, public(KEY)) == HEAD
    assert NOTE.startswith(body(HEAD) + "\n\u2014 " + NAME + " ")


def test_the_note_is_three_lines_an_empty_one_and_a_signature() -> None:
    lines = NOTE.split("\n")

    assert lines[:4] == [NAME, "1234", b64encode(bytes(range(32))).decode(), ""]
    assert len(lines) == 6
    assert lines[5] == ""


def test_lines_by_other_keys_are_other_peoples_business() -> None:
    twice = cosign(SEEN, "housing-ashby", KEY, 1_795_000_001)

    assert open_note(twice, NAME, public(KEY)) == HEAD
    assert open_cosigned(twice, WITNESS, public(OTHER)).seen_at_seconds == 1_795_000_000
    assert open_cosigned(twice, "housing-ashby", public(KEY)).checkpoint == HEAD


def test_a_witness_is_not_the_log_nor_the_log_a_witness() -> None:
    with pytest.raises(CheckpointError):
        open_note(cosign(NOTE.replace(NAME + " ", "x "), NAME, KEY, 5), NAME, public(KEY))
    with pytest.raises(CheckpointError):
        open_cosigned(NOTE, NAME, public(KEY))


ROOT = b64encode(bytes(range(32))).decode()
HEAD_TEXT = body(HEAD)
WRONG_TEXTS = {
    "a leading zero": HEAD_TEXT.replace("1234", "01234"),
    "nothing but zeros": HEAD_TEXT.replace("1234", "00"),
    "a plus sign": HEAD_TEXT.replace("1234", "+1234"),
    "a negative size": HEAD_TEXT.replace("1234", "-1234"),
    "digits of another script": HEAD_TEXT.replace("1234", "\u0661234"),
    "a size beyond 63 bits": HEAD_TEXT.replace("1234", "9223372036854775808"),
    "a space after the size": HEAD_TEXT.replace("1234", "1234 "),
    "no size": HEAD_TEXT.replace("1234", ""),
    "windows line ends": HEAD_TEXT.replace("\n", "\r\n"),
    "an origin with a space": HEAD_TEXT.replace("relay.", "relay "),
    "an origin with a plus": HEAD_TEXT.replace("relay.", "relay+"),
    "no origin": HEAD_TEXT.replace(NAME, ""),
    "a fourth line": HEAD_TEXT + "more\n",
    "an empty fourth line": HEAD_TEXT + "\n",
    "two lines": HEAD_TEXT.replace(ROOT + "\n", ""),
    "root in the other base64": HEAD_TEXT.replace(ROOT, b64encode(b"\xff" * 32).decode().replace("/", "_")),
    "root without padding": HEAD_TEXT.replace(ROOT, ROOT[:-1]),
    "root with loose bits": HEAD_TEXT.replace(ROOT, ROOT[:-2] + chr(ord(ROOT[-2]) + 1) + "="),
    "root too short": HEAD_TEXT.replace(ROOT, b64encode(bytes(31)).decode()),
    "root too long": HEAD_TEXT.replace(ROOT, b64encode(bytes(33)).decode()),
    "something before": "\n" + HEAD_TEXT,
}


def signed(text: str) -> str:
    """A note that the log's own key signed over any text: only its spelling can be wrong."""
    key_id = b64decode(NOTE.split(" ")[-1])[:4]
    return f"{text}\n\u2014 {NAME} {b64encode(key_id + KEY.sign(text.encode())).decode()}\n"


@pytest.mark.parametrize("case", WRONG_TEXTS)
def test_a_checkpoint_in_another_spelling_does_not_open_even_when_the_log_signed_it(case: str) -> None:
    assert signed(HEAD_TEXT) == NOTE
    with pytest.raises(CheckpointError):
        open_note(signed(WRONG_TEXTS[case]), NAME, public(KEY))


WRONG_NOTES = {
    "another size": NOTE.replace("1234", "1235"),
    "another origin": NOTE.replace("/2026\n", "/2027\n", 1),
    "another root": NOTE.replace("AAEC", "AAED", 1),
    "no empty line": NOTE.replace("\n\n", "\n"),
    "two empty lines": NOTE.replace("\n\n", "\n\n\n"),
    "no line end at the end": NOTE[:-1],
    "an empty line at the end": NOTE + "\n",
    "something after the end": NOTE + "x\n",
    "no signature": HEAD_TEXT + "\n",
    "a hyphen for the dash": NOTE.replace("\u2014", "-"),
    "the same line twice": NOTE + NOTE.split("\n\n")[1],
    "signature without padding": NOTE.rstrip("=\n") + "\n",
    "signature under another name": NOTE.replace("\u2014 " + NAME, "\u2014 relay.other.example"),
    "too many signatures": NOTE + ("\u2014 a AAAA\n" * 40),
    "a huge note": NOTE + ("\u2014 " + "a" * 17_000 + " AAAA\n"),
    "empty": "",
}


@pytest.mark.parametrize("case", WRONG_NOTES)
def test_a_note_in_any_other_spelling_does_not_open(case: str) -> None:
    assert WRONG_NOTES[case] != NOTE
    with pytest.raises(CheckpointError):
        open_note(WRONG_NOTES[case], NAME, public(KEY))


def test_no_changed_character_is_accepted() -> None:
    tried = let_through = 0
    for at, right in enumerate(SEEN):
        for wrong in {"A", "b", "0", "+", "=", "\n", " ", chr(ord(right) ^ 1)} - {right}:
            tried += 1
            note = SEEN[:at] + wrong + SEEN[at + 1 :]
            try:
                open_note(note, NAME, public(KEY))
                open_cosigned(note, WITNESS, public(OTHER))
            except CheckpointError:
                continue
            let_through += 1

    assert tried > 2_000
    assert let_through == 0


def test_another_key_under_the_same_name_does_not_open_it() -> None:
    with pytest.raises(CheckpointError):
        open_note(NOTE, NAME, public(OTHER))
    with pytest.raises(CheckpointError):
        open_cosigned(SEEN, WITNESS, public(KEY))


WRONG_HEADS = {
    "an origin of two lines": Checkpoint("a\nb", 1, bytes(32)),
    "an origin with a space": Checkpoint("a b", 1, bytes(32)),
    "an empty origin": Checkpoint("", 1, bytes(32)),
    "a negative size": Checkpoint("a", -1, bytes(32)),
    "a short root": Checkpoint("a", 1, bytes(31)),
}


@pytest.mark.parametrize("case", WRONG_HEADS)
def test_what_could_not_be_read_again_is_not_signed(case: str) -> None:
    with pytest.raises(CheckpointError):
        sign(WRONG_HEADS[case], "a", KEY)


def test_a_key_in_text_is_read_as_it_is_written() -> None:
    name, key = open_verifier_key(verifier_key(NAME, public(KEY)))
    published_name, published = open_verifier_key(PUBLISHED_KEY)

    assert (name, key.public_bytes_raw()) == (NAME, public(KEY).public_bytes_raw())
    assert verifier_key(published_name, published) == PUBLISHED_KEY


def test_a_signature_by_other_peoples_code_has_our_form() -> None:
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    _, key = open_verifier_key(PUBLISHED_KEY)
    payload = b64decode(line)

    assert payload[:4].hex() == PUBLISHED_KEY.split("+")[1]
    key.verify(payload[4:], text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "a", "a+b", PUBLISHED_KEY.replace("c74f20a3", "c74f20a4"), PUBLISHED_KEY + "=", "a+b+AA==", "\u00e9" * 9],
)
def test_a_key_in_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        open_verifier_key(text)


@pytest.mark.parametrize("seconds", [0, -1, 2**63])
def test_a_witness_names_a_time(seconds: int) -> None:
    with pytest.raises(CheckpointError):
        cosign(NOTE, WITNESS, OTHER, seconds)


def test_a_witness_signs_nothing_that_the_log_did_not() -> None:
    with pytest.raises(CheckpointError):
        cosign(HEAD_TEXT + "\n", WITNESS, OTHER, 5)
