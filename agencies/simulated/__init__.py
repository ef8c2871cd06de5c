"""Stand-in case systems for the demonstration; they refuse to start unless DEMONSTRATION=1 is set.

One file ``case_system.sqlite`` for each agency, with the tables of ``tables.sql``. Whoever tells the story (the demonstration)
writes rows with plain SQL; nothing here is imported for it. Records are what ``docs/adapter-guide.md`` describes. In short,
every record has ``type``, ``id`` (unique in this agency, the row's id), and mostly ``worker`` (a code such as ``worker_7``):

==================== =================================================================================================
person               person, identity {forename, surname, aliases, date_of_birth, sex, nhs_number, postcode_district},
                     age_band (adult | 16_to_17 | … | unknown), arrived (the id of the referral by which she came, if any)
consent              consent, person, answer (given | refused), purpose, to, labels [..], alone, capacity, limits_shown,
                     freely, setting, notice, interpreter, gillick, …
consent_withdrawal   consent, labels
caseload_check       identity, presentation (custody | court | drop_in | walk_in), wanted_within_seconds, opened
presentation_opened  presentation; presentation_closed: opened (the id of that record), presentation, why_not
watch                person, move (set | end), reason, days
need                 circumstances (needs, age, gender, language, with_children, …)
review_answer        review (the id that the notice gave), answer (same | different | cannot_tell | dispute)
case_open            person, role (lead | supplementary | informed), check (id of this agency's own caseload_check record)
case_close           person, role, reason
lead_propose         person, to, reason (better_placed | her_choice | …), request {needs [..]}, identity, consents [..]
lead_accept          answers (the id in arrived), reason, outcome {result}
lead_decline         answers, reason, outcome {result}
referral             person (or none), to, purpose, request {needs, urgency}, identity, contact, drug_treatment, prescribing,
                     health, housing, safety, sexual_assault, offending, involvement, free_text, consents [..]
referral_answer      answers (the id in arrived; for withdrawn, the id of one's own referral), answer (received | accepted |
                     declined | withdrawn | completed), outcome {result, reasons, next_step, appointment}
script               person, move (reserve | confirm | release | end | transfer | override); transfer: to, prescribing {drug,
                     daily_dose_milligrams, supervised, started, last_dose, …}; override: by, why
attendance           person, to, attendance {appointment, result, engagement, session}, engagement
incident             to, purpose (incident_intelligence | crime_report), incident {what, area, month, offender, vehicle},
                     and with her consent: person, identity, contact, consents [..]
==================== =================================================================================================

An ``arrived`` record is the same form with ``id`` (the message id), ``from``, ``from_name``, ``conversation``, ``person`` (this
agency's own id for her, or null), ``reference``, ``answers`` (one's own record that it answers, or null). A ``told`` record has
``type`` (receipt | guard | caseload_answer | alert | rejected), ``record`` (the id of the task row it is about, or null), and:
receipt: state, reason, sentence, owner, deadline · guard: answer, reason, sentence, agency, person · caseload_answer: status,
agencies, covers, sentence · alert: alert, sentence, person, agency · rejected: code, sentence.
"""
