"""The check on one page: what is wrong, what is worth a look, and the numbers.

Leaves out: finding it (``proof``).
"""

from consent.table.must_hold import PROPERTIES
from consent.table.proof import Found
from consent.table.words import paragraph


def page(found: Found, golden: int, chapters: int) -> list[str]:
    """The lines. The first thing that is wrong stands first; where nothing is, the numbers do."""
    lines = [line for wrong in found.wrong for line in paragraph(f"WRONG  {wrong}", 0)]
    if lines:
        lines.append("")
    lines += [
        f"{found.clauses} clauses; each row of each one's own factors decided: {found.rows:,} rows in {found.cases:,} blocks,",
        f"  so one verdict, and one only, on each of the {found.whole:.1e} rows of their product",
        f"{len(PROPERTIES)} properties and what less may not help with, on all rows: {found.property_rows:.1e} looked at",
        f"{golden} golden cases in {chapters} chapters",
        f"what a sender is told, by every clause, and {found.told:,} times with something otherwise that she cannot know",
        *_mutants(found),
    ]
    lines += [line for note in found.notes for line in paragraph(f"note: {note}", 2)]
    lines += [line for same in found.the_same for line in paragraph(f"changes nothing: {same}", 2)]
    lines += [line for one in found.only_on_rows for line in paragraph(f"no golden case would notice: {one}", 2)]
    many = len(found.wrong)
    lines.append("Nothing is wrong." if not many else f"{many} thing{'s are' if many > 1 else ' is'} wrong.")
    return lines


def _mutants(found: Found) -> list[str]:
    caught = found.caught_by_case + found.caught_by_property + found.caught_on_rows
    real = found.mutants - len(found.the_same)
    share = f"{100 * caught / real:.0f} %" if real else "none"
    less = found.stopped_by_another
    return [
        f"{found.mutants:,} mutants, {caught:,} of {real:,} that change anything caught ({share}):",
        f"  {found.caught_by_case:,} by a golden case, {found.caught_by_property:,} by a property,",
        f"  {found.caught_on_rows:,} on their clause's own rows alone: {found.caught_on_rows - less:,} stop more,",
        f"  {less:,} stop less where another clause stops the same",
    ]
