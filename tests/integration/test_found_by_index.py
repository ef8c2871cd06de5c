"""On PostgreSQL no question of the broker's daily work reads a whole table, even while the tables are new and nothing is known
of them: a plan made then is kept, and would read all of it when it has grown."""

import importlib
import re
from collections.abc import Iterator

from broker.matching import index
from broker.migrations import upgrade
from broker.store.database import Database

DAILY = (
    "asked", "asking", "cases", "checks", "facts", "filing", "merges", "messages", "outbox_rows", "receipts", "records",
    "refusals", "reviews", "scripts", "sequences", "settling", "watching", "withdrawals",
)  # fmt: skip
WHOLE = {
    "asked._HAD": "one row an agency",
    "cases._LAPSE": "proposals are few, and those that wait fewer",
    "checks._HOLDS": "for an officer, every hold there ever was",
    "outbox_rows._RELEASE": "once for each new line, and what is in it is about to leave",
}


def statements() -> Iterator[tuple[str, str]]:
    """Every statement of those modules, by its name."""
    for module in (*(importlib.import_module(f"broker.store.{name}") for name in DAILY), index):
        for name, value in vars(module).items():
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str) and re.match(r"(SELECT|UPDATE|DELETE|INSERT)\b", text):
                    yield f"{module.__name__.rpartition('.')[2]}.{name}", text


def test_every_row_is_found_by_its_index_however_new_the_tables_are(postgres_url: str) -> None:
    upgrade(postgres_url)
    database = Database(postgres_url)
    read_whole = {}

    def plan(text: str) -> str:
        # As it is kept: for any values, and for tables of which nothing is known.
        count = text.count("?")
        numbered = re.sub(r"EACH\(\?\)", "unnest(?::text[]) AS each (value)", text)
        for place in range(1, count + 1):
            numbered = numbered.replace("?", f"${place}", 1)
        values = f"({', '.join(['NULL'] * count)})" if count else ""
        with database._open().cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
            cursor.execute(f"PREPARE question AS {numbered}")
            lines = cursor.execute(f"EXPLAIN EXECUTE question{values}").fetchall()
            cursor.execute("DEALLOCATE question")
        return "\n".join(line for (line,) in lines)

    found = list(statements())
    for name, text in found:
        if "Seq Scan" in (how := plan(text)):
            read_whole[name] = how
    database.close()
    assert len(found) > 100
    assert read_whole.keys() == WHOLE.keys(), "\n\n".join(f"{name}\n{how}" for name, how in read_whole.items())
