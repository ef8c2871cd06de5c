"""A registration judged: under which epochs of the linkage key a person may still be filed.

Leaves out: filing her, and whom she is (``store``, ``matching``).
"""

from broker.outcome import Done, Refuse, Register
from contracts.steps import RegisterStep
from contracts.vocabulary import Reason


def judge_registration(reference: str, step: RegisterStep, retired: frozenset[int]) -> Done | Refuse:
    """File her under what is in use of the epochs she comes with, or refuse.

    Filed under an ended epoch alone she would be met by nobody, and every check about her would say "not known".
    """
    keyed = tuple(each for each in step.keyed() if each.epoch not in retired)
    return Done((Register(reference, keyed, step.protected, step.canary),)) if keyed else Refuse(Reason.LINKAGE_KEY_RETIRED)
