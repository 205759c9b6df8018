-- +goose Up
CREATE TABLE screens (
	id            TEXT    NOT NULL PRIMARY KEY,
	company_id    TEXT    NOT NULL,
	viewer        TEXT    NOT NULL, -- Slack id
	surface       TEXT    NOT NULL, -- message or home
	grp           TEXT    NOT NULL,
	page          BIGINT  NOT NULL,
	revision      BIGINT  NOT NULL,
	state_sealed  BYTEA   NOT NULL, -- response URL, search and cursors: the last two may name people
	used_at       BIGINT  NOT NULL
);
CREATE UNIQUE INDEX screens_home ON screens (company_id, viewer) WHERE surface = 'home';
CREATE INDEX screens_viewer ON screens (company_id, viewer);
CREATE INDEX screens_age ON screens (used_at);

CREATE TABLE selections (
	screen_id  TEXT  NOT NULL REFERENCES screens ON DELETE CASCADE,
	member_id  TEXT  NOT NULL REFERENCES members ON DELETE CASCADE,
	PRIMARY KEY (screen_id, member_id)
);
CREATE INDEX selections_member ON selections (member_id);

CREATE TABLE cases (
	id            TEXT    NOT NULL PRIMARY KEY,
	company_id    TEXT    NOT NULL,
	member_id     TEXT    NOT NULL,
	from_type     TEXT    NOT NULL,
	to_type       TEXT    NOT NULL,
	requested_by  TEXT    NOT NULL, -- Slack id, '' once removed
	reason        TEXT    NOT NULL,
	status        TEXT    NOT NULL, -- open, approved or declined
	decided_by    TEXT    NOT NULL, -- Slack id, or ''
	decision      TEXT    NOT NULL,
	created_at    BIGINT  NOT NULL,
	decided_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX cases_open ON cases (member_id) WHERE status = 'open';
CREATE INDEX cases_member ON cases (member_id);
CREATE INDEX cases_requester ON cases (company_id, requested_by);
CREATE INDEX cases_decider ON cases (company_id, decided_by);

CREATE TABLE removals (
	id          TEXT     NOT NULL PRIMARY KEY,
	company_id  TEXT     NOT NULL,
	by_slack    TEXT     NOT NULL, -- Slack id, '' for the command line and once removed
	by_cli      BOOLEAN  NOT NULL,
	screen_id   TEXT     NOT NULL,
	status      TEXT     NOT NULL, -- proposed, confirmed or done
	file_id     TEXT     NOT NULL,
	proposed    BIGINT   NOT NULL, -- how many members the snapshot had when it was taken
	removed     BIGINT   NOT NULL,
	created_at  BIGINT   NOT NULL
);
CREATE INDEX removals_actor ON removals (company_id, by_slack);
CREATE INDEX removals_status ON removals (company_id, status);
CREATE INDEX removals_age ON removals (created_at);

-- The snapshot that the confirmation showed; gone once the removal is done.
CREATE TABLE removal_members (
	removal_id    TEXT     NOT NULL REFERENCES removals ON DELETE CASCADE,
	position      BIGINT   NOT NULL,
	member_id     TEXT     NOT NULL,
	slack_id      TEXT     NOT NULL,
	name          TEXT     NOT NULL,
	email         TEXT     NOT NULL,
	type          TEXT     NOT NULL,
	company_page  TEXT     NOT NULL,
	PRIMARY KEY (removal_id, member_id)
);
CREATE INDEX removal_members_member ON removal_members (member_id);

CREATE TABLE audit (
	id            TEXT     NOT NULL PRIMARY KEY,
	company_id    TEXT     NOT NULL,
	at            BIGINT   NOT NULL,
	sequence_key  BYTEA    NOT NULL, -- 8 bytes that fall as at rises, then id: newest first
	action        TEXT     NOT NULL,
	actor_hash    TEXT     NOT NULL, -- '' for the command line, a random value once removed
	cli           BOOLEAN  NOT NULL,
	subject_hash  TEXT     NOT NULL, -- '' if none, a random value once removed
	from_type     TEXT     NOT NULL,
	to_type       TEXT     NOT NULL,
	n             BIGINT   NOT NULL
);
CREATE INDEX audit_page ON audit (company_id, sequence_key);
CREATE INDEX audit_subject ON audit (company_id, subject_hash);
CREATE INDEX audit_actor ON audit (company_id, actor_hash);

-- What follows from a change and was committed with it.
CREATE TABLE jobs (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	ref         TEXT    NOT NULL,
	attempt     BIGINT  NOT NULL,
	due_at      BIGINT  NOT NULL,
	created_at  BIGINT  NOT NULL
);
CREATE INDEX jobs_due ON jobs (due_at);
CREATE INDEX jobs_ref ON jobs (ref);

-- Messages that must change later.
CREATE TABLE cards (
	company_id  TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	ref         TEXT    NOT NULL,
	slack_id    TEXT    NOT NULL,
	channel     TEXT    NOT NULL,
	ts          TEXT    NOT NULL,
	saved_at    BIGINT  NOT NULL,
	PRIMARY KEY (company_id, kind, ref, slack_id)
);
CREATE INDEX cards_recipient ON cards (company_id, slack_id);
CREATE INDEX cards_ref ON cards (ref);
CREATE INDEX cards_age ON cards (saved_at);

-- Envelopes of Slack that were handled, so that a redelivery is not handled again.
CREATE TABLE envelopes (
	key          TEXT     NOT NULL PRIMARY KEY,
	claimed_at   BIGINT   NOT NULL,
	finished     BOOLEAN  NOT NULL
);
CREATE INDEX envelopes_age ON envelopes (claimed_at);

-- +goose Down
DROP TABLE envelopes;
DROP TABLE cards;
DROP TABLE jobs;
DROP TABLE audit;
DROP TABLE removal_members;
DROP TABLE removals;
DROP TABLE cases;
DROP TABLE selections;
DROP TABLE screens;
