"""Whoever steals the broker's database, and has no linkage key, links nobody whose every detail he knows (threat T15).

He tries what a thief would: each detail and pair of details hashed without a key, or under keys that somebody might guess.
That names stand in no file is looked for by the auditor (V10); the logs of running programs by ``test_telling_apart``.
"""

from base64 import urlsafe_b64decode
from pathlib import Path

from agencies.identity import details_of
from tests.factories import TOKENS, person
from tests.guards.stolen import everything_in, found_by, guesses
from tests.integration.counter import Counter

CJIT, DRUGS, PROJECT = "cjit-ashby", "drugs-ashby", "project-ashby"
PLANTED = 5


def filled(url: str) -> None:
    """Five women, each known to two agencies and asked about by a third."""
    broker = Counter(url)
    for number in range(PLANTED):
        for agency in (DRUGS, PROJECT):
            broker.register(agency, person(number))
        broker.check(CJIT, person(number))
    broker.publish()
    broker.store.close()


def test_the_stolen_database_links_nobody_without_the_key(database_url: str, tmp_path: Path) -> None:
    filled(database_url)
    stolen = everything_in(database_url)
    for number in range(PLANTED):
        her = person(number).identity
        assert found_by(guesses(details_of(her)), stolen) == []
        for word in (her.surname, her.nhs_number, her.date_of_birth):
            assert (word or "?").casefold().encode() not in stolen.lower()


def test_with_the_key_the_same_search_finds_each_of_them(database_url: str, tmp_path: Path) -> None:
    filled(database_url)
    stolen = everything_in(database_url)
    for number in range(PLANTED):
        with_it = [urlsafe_b64decode(token.partition(":")[2]) for token in TOKENS.tokens(details_of(person(number).identity))]
        assert found_by(with_it, stolen) != []
