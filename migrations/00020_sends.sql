-- +goose Up
-- Direct messages that a job sends, from before the first attempt: whoever finds one begun and without a ts does not know whether it
-- arrived, and looks for its id in the conversation.
CREATE TABLE sends (
	id          TEXT    NOT NULL PRIMARY KEY, -- stands in the message's metadata
	company_id  TEXT    NOT NULL,
	job         TEXT    NOT NULL,
	slack_id    TEXT    NOT NULL, -- of the recipient
	begun_at    BIGINT  NOT NULL, -- 0: no attempt is open
	changed_at  BIGINT  NOT NULL,
	channel     TEXT    NOT NULL, -- '' until it is known to have arrived
	ts          TEXT    NOT NULL, -- likewise
	UNIQUE (job, slack_id)
);
CREATE INDEX sends_recipient ON sends (company_id, slack_id);
CREATE INDEX sends_age ON sends (changed_at);

-- When the next call of a kind may go to a workspace, whichever process makes it.
CREATE TABLE paces (
	company_id  TEXT    NOT NULL,
	what        TEXT    NOT NULL,
	next_at     BIGINT  NOT NULL,
	held_until  BIGINT  NOT NULL, -- Slack's Retry-After
	PRIMARY KEY (company_id, what)
);

-- The processes that are alive, and since when they were last heard of.
CREATE TABLE replicas (
	id       TEXT    NOT NULL PRIMARY KEY,
	seen_at  BIGINT  NOT NULL
);

-- Periodic work that one process does for all of them.
CREATE TABLE turns (
	what     TEXT    NOT NULL PRIMARY KEY,
	replica  TEXT    NOT NULL,
	until    BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE turns;
DROP TABLE replicas;
DROP TABLE paces;
DROP TABLE sends;
