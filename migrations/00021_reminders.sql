-- +goose Up
-- What a company decided about its reminders; without a row there are none.
CREATE TABLE reminders (
	company_id        TEXT     NOT NULL PRIMARY KEY,
	schedule          TEXT     NOT NULL, -- a cron expression, see nudge.ParseSchedule
	time_zone         TEXT     NOT NULL,
	paused            BOOLEAN  NOT NULL,
	cap               BIGINT   NOT NULL, -- most reminders a person gets
	spacing_days      BIGINT   NOT NULL,
	first_after_days  BIGINT   NOT NULL,
	everyone          BOOLEAN  NOT NULL, -- also people whom nobody invited
	hours_from        BIGINT   NOT NULL, -- minutes since midnight
	hours_to          BIGINT   NOT NULL,
	weekend           TEXT     NOT NULL, -- days without reminders, a digit each; 0 is Sunday
	message           TEXT     NOT NULL, -- '' for Herald's own words
	seen_at           BIGINT   NOT NULL -- up to when due runs have been dealt with
);
CREATE TABLE reminder_holidays (
	company_id  TEXT  NOT NULL,
	day         TEXT  NOT NULL, -- as 2026-12-25
	name        TEXT  NOT NULL,
	PRIMARY KEY (company_id, day)
);

-- A row without manual is what fires a due time: whichever process inserts it.
CREATE TABLE reminder_runs (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	due_at      BIGINT  NOT NULL,
	asked_by    TEXT    NOT NULL, -- Slack id of who pressed Run now, '' for the schedule and once removed
	manual      BOOLEAN NOT NULL,
	status      TEXT    NOT NULL, -- planning, sending, done, stopped or skipped
	reason      TEXT    NOT NULL, -- why it was skipped
	after_id    TEXT    NOT NULL, -- the last person who was judged, while it is planned
	started_at  BIGINT  NOT NULL, -- 0 if skipped
	ends_at     BIGINT  NOT NULL, -- nothing is sent later
	ended_at    BIGINT  NOT NULL,
	planned     BIGINT  NOT NULL, -- people to be reminded
	sent        BIGINT  NOT NULL,
	failed      BIGINT  NOT NULL
);
CREATE UNIQUE INDEX reminder_runs_due ON reminder_runs (company_id, due_at) WHERE NOT manual;
CREATE INDEX reminder_runs_list ON reminder_runs (company_id, due_at);
CREATE UNIQUE INDEX reminder_runs_busy ON reminder_runs (company_id) WHERE status IN ('planning', 'sending');
CREATE INDEX reminder_runs_asker ON reminder_runs (company_id, asked_by);
CREATE INDEX reminder_runs_age ON reminder_runs (due_at);

-- How many people a run held back, and why.
CREATE TABLE reminder_holds (
	run_id      TEXT    NOT NULL REFERENCES reminder_runs ON DELETE CASCADE,
	reason      TEXT    NOT NULL,
	company_id  TEXT    NOT NULL,
	people      BIGINT  NOT NULL,
	PRIMARY KEY (run_id, reason)
);

CREATE TABLE nudges (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	run_id      TEXT    NOT NULL,
	person_id   TEXT    NOT NULL,
	status      TEXT    NOT NULL, -- waiting, queued, sent, held or failed
	reason      TEXT    NOT NULL, -- why it was held back, or Slack's error code
	n           BIGINT  NOT NULL, -- the person's nth, once sent
	send_at     BIGINT  NOT NULL,
	sent_at     BIGINT  NOT NULL,
	UNIQUE (run_id, person_id)
);
CREATE INDEX nudges_waiting ON nudges (run_id, send_at, id) WHERE status = 'waiting';
CREATE INDEX nudges_queued ON nudges (run_id) WHERE status = 'queued';
CREATE INDEX nudges_sent ON nudges (company_id, person_id, sent_at) WHERE status = 'sent';
CREATE INDEX nudges_person ON nudges (person_id);

-- What counts about somebody's reminders.
CREATE TABLE reminded (
	person_id            TEXT    NOT NULL PRIMARY KEY,
	company_id           TEXT    NOT NULL,
	reminders            BIGINT  NOT NULL, -- that count towards the cap
	reminded_at          BIGINT  NOT NULL,
	snooze_ends_at       BIGINT  NOT NULL,
	unreachable_ends_at  BIGINT  NOT NULL -- Slack refused a message; until then none is tried
);

-- Who does not want to be reminded: nothing but the hash, which outlives every account.
CREATE TABLE opt_outs (
	company_id    TEXT    NOT NULL,
	subject_hash  TEXT    NOT NULL,
	opted_out_at  BIGINT  NOT NULL, -- the day
	PRIMARY KEY (company_id, subject_hash)
);

-- In the order of planning: ids, which name nobody and do not change with a name.
CREATE INDEX people_judged ON people (company_id, id) WHERE standing IN ('new', 'invited');
-- What the person's status in Slack says.
ALTER TABLE people ADD COLUMN away BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE people ADD COLUMN away_ends_at BIGINT NOT NULL DEFAULT 0; -- 0: nobody knows

-- +goose Down
ALTER TABLE people DROP COLUMN away_ends_at;
ALTER TABLE people DROP COLUMN away;
DROP INDEX people_judged;
DROP TABLE opt_outs;
DROP TABLE reminded;
DROP TABLE nudges;
DROP TABLE reminder_holds;
DROP TABLE reminder_runs;
DROP TABLE reminder_holidays;
DROP TABLE reminders;
