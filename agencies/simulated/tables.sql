-- The stand-in case system of one agency: file case_system.sqlite, journal mode WAL. Times are whole milliseconds since
-- 1970 UTC. The demonstration writes rows into task, outage and habit with plain SQL and reads told and arrived; the
-- adapter does the rest. What a record looks like is written in agencies/simulated/__init__.py.

-- What a worker does next. `record` is a local record as JSON; its "id" is the row's id.
-- state: new (not yet taken) | taken (sealed, in the adapter's outbox) | rejected (the adapter says why, in told).
CREATE TABLE IF NOT EXISTS task (
    id TEXT PRIMARY KEY,
    due INTEGER NOT NULL,
    record TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'new',
    message TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS task_waiting ON task (due, id) WHERE state = 'new';

-- Receipts, answers of the guards, caseload answers, alerts, and what the adapter itself rejected.
-- `notice` makes it idempotent: the same notice told twice is one row.
CREATE TABLE IF NOT EXISTS told (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    record TEXT NOT NULL,
    notice TEXT NOT NULL UNIQUE
) STRICT;

-- What another agency sent and this agency took: one row for each message id, however often it was delivered.
CREATE TABLE IF NOT EXISTS arrived (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    record TEXT NOT NULL
) STRICT;

-- From starts until ends the system does not answer (CaseSystemDown), as on a bad Monday.
CREATE TABLE IF NOT EXISTS outage (
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL
) STRICT;

-- How the people here behave. name, value:
--   answer_referrals    accept (the default) | decline | ignore | by_needs (declines what asks for the need in decline_needs)
--   decline_needs       one need, as in request.needs
--   answer_after_ms     how long a worker takes over a referral or a lead proposal (default 300)
--   complete_referrals  yes | no (the default): also tell that what was asked for is done
--   answer_leads        accept (the default) | decline | ignore
CREATE TABLE IF NOT EXISTS habit (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
