"""A registration judged: under which epochs of the linkage key a person may still be filed; and a reference replaced (T16).

Leaves out: filing her, and whom she is (``store``, ``matching``).
"""

from broker.caseloads import Taker
from broker.effects import ReplaceReference
from broker.outcome import Done, Refuse, Register
from contracts.steps import ReferenceStep, RegisterStep
from contracts.vocabulary import Reason


def asks_under_all(asked: frozenset[int], retired: frozenset[int]) -> bool:
    """Whether a question was made under every key that is in use, up to the newest that its asker holds.

    Where an old key was taken away before its epoch ended, those who carry it alone are not met, and "not known" may be wrong.
    """
    return asked >= frozenset(range(1, max(asked) + 1)) - retired


def judge_registration(reference: str, step: RegisterStep, retired: frozenset[int]) -> Done | Refuse:
    """File her under what is in use of the epochs she comes with, or refuse.

    Filed under an ended epoch alone she would be met by nobody, and every check about her would say "not known".
    """
    keyed = tuple(each for each in step.keyed() if each.epoch not in retired)
    return Done((Register(reference, keyed, step.protected, step.canary),)) if keyed else Refuse(Reason.LINKAGE_KEY_RETIRED)


def judge_replacement(step: ReferenceStep, taker: Taker, *, taken: bool) -> Done | Refuse:
    """Give her the fresh reference, unless this agency has, or had, somebody under it: a pseudonym is never given out again.

    Whoever asks under a former reference did not hear of the present one (its adapter was restored), and has the last word.
    """
    if taken:
        return Refuse(Reason.REFERENCE_TAKEN)
    return Done((ReplaceReference(taker.record, taker.reference, step.fresh),))
