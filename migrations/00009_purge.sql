-- +goose Up
-- Direct messages and files that Herald sent to somebody: they are deleted in Slack when the account is removed.
CREATE TABLE messages (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	slack_id    TEXT    NOT NULL, -- of the recipient
	channel     TEXT    NOT NULL, -- '' for a file
	ts          TEXT    NOT NULL, -- '' for a file
	file_id     TEXT    NOT NULL, -- '' for a message
	sent_at     BIGINT  NOT NULL,
	expires_at  BIGINT  NOT NULL -- when Herald deletes the file in any case, 0: never
);
CREATE INDEX messages_recipient ON messages (company_id, slack_id, sent_at);
CREATE INDEX messages_age ON messages (sent_at);
CREATE INDEX messages_expiry ON messages (expires_at) WHERE expires_at > 0;

-- Messages to people who were removed, until they are deleted in Slack, for seven days at most. Nothing else is kept about them.
CREATE TABLE erasures (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	removal_id  TEXT    NOT NULL,
	channel     TEXT    NOT NULL,
	ts          TEXT    NOT NULL,
	created_at  BIGINT  NOT NULL
);
CREATE INDEX erasures_removal ON erasures (company_id, removal_id);
CREATE INDEX erasures_age ON erasures (created_at);

-- What removals erased, in numbers. The id is that of the removal, and of the event in the audit log.
CREATE TABLE receipts (
	id           TEXT    NOT NULL PRIMARY KEY,
	company_id   TEXT    NOT NULL,
	connections  BIGINT  NOT NULL,
	invitations  BIGINT  NOT NULL,
	files        BIGINT  NOT NULL, -- in Slack
	messages     BIGINT  NOT NULL, -- in Slack; of these
	deleted      BIGINT  NOT NULL,
	blanked      BIGINT  NOT NULL,
	kept         BIGINT  NOT NULL -- Slack allowed neither, within seven days
);

-- Why somebody is forgotten: removed, left, or never (left, and does not want to be invited again).
ALTER TABLE forgotten ADD COLUMN reason TEXT NOT NULL DEFAULT 'removed';
ALTER TABLE removals ADD COLUMN never BOOLEAN NOT NULL DEFAULT FALSE;

-- The same by their addresses, as keyed hashes.
CREATE TABLE forgotten_emails (
	company_id    TEXT    NOT NULL,
	email_hash    TEXT    NOT NULL,
	subject_hash  TEXT    NOT NULL,
	reason        TEXT    NOT NULL,
	forgotten_at  BIGINT  NOT NULL, -- the day
	PRIMARY KEY (company_id, email_hash)
);
CREATE INDEX forgotten_emails_subject ON forgotten_emails (company_id, subject_hash);

-- +goose Down
DROP TABLE forgotten_emails;
ALTER TABLE removals DROP COLUMN never;
ALTER TABLE forgotten DROP COLUMN reason;
DROP TABLE receipts;
DROP TABLE erasures;
DROP TABLE messages;
