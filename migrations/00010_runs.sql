-- +goose Up
-- Invitations of many people at once.
CREATE TABLE runs (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	started_by  TEXT    NOT NULL, -- Slack id, '' once removed
	as_type     TEXT    NOT NULL,
	status      TEXT    NOT NULL, -- proposed, running, stopped or done
	total       BIGINT  NOT NULL, -- how many people it had when it was proposed
	sent        BIGINT  NOT NULL, -- once it ended
	failed      BIGINT  NOT NULL, -- once it ended
	created_at  BIGINT  NOT NULL,
	ended_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX runs_running ON runs (company_id) WHERE status = 'running';
CREATE INDEX runs_starter ON runs (company_id, started_by);
CREATE INDEX runs_age ON runs (created_at);

-- Whom a run is for, until it ends.
CREATE TABLE run_people (
	run_id     TEXT    NOT NULL REFERENCES runs ON DELETE CASCADE,
	person_id  TEXT    NOT NULL,
	position   BIGINT  NOT NULL,
	invite_id  TEXT    NOT NULL, -- '' while they wait
	PRIMARY KEY (run_id, person_id)
);
CREATE INDEX run_people_waiting ON run_people (run_id, position) WHERE invite_id = '';
CREATE INDEX run_people_person ON run_people (person_id);

-- +goose Down
DROP TABLE run_people;
DROP TABLE runs;
