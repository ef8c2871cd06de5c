"""The message that ``./run protocol simulate --example`` prints to begin with. Leaves out: reading one (``unsent``)."""

from typing import Final

EXAMPLE: Final = """\
# A message that nobody sent. Whatever you leave out is in order: an adult, a sound message, a basis that is allowed, and a yes
# to everything in it that needs no question of its own. Every word is one of the closed lists in docs/glossary.md.
title: A referral to housing after a night in custody
from: cjit                  # a kind of agency; or {kind: project, id: project-ashby, prescriber: true}
to: housing
kind: referral-made/1
purpose: housing_referral
labels: [identity, contact, request, housing, safety, drug_treatment, involvement]
she_said:                   # or: "yes", "yes, to each by itself", "nothing"
  - {answer: "yes", labels: [identity, contact, request, housing, safety], ago: 2 hours}
  - {answer: "no", labels: [drug_treatment], ago: 2 hours}
facts:                      # what the sender states; these are the usual ones
  age_band: adult
  capacity: present
  confidence: explicit_consent
"""
