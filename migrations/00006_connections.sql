-- +goose Up
-- Access at a network that Herald gave up and still has to end there. Whose it was is known to nobody: the payload is sealed, and gone
-- with the row when the network answered, or after seven days.
CREATE TABLE revocations (
	id              TEXT    NOT NULL PRIMARY KEY,
	company_id      TEXT    NOT NULL,
	removal_id      TEXT    NOT NULL, -- that it belongs to, or ''
	network         TEXT    NOT NULL,
	payload_sealed  BYTEA   NOT NULL,
	created_at      BIGINT  NOT NULL
);
CREATE INDEX revocations_removal ON revocations (company_id, removal_id);
CREATE INDEX revocations_age ON revocations (created_at);

-- What became of them, in numbers.
CREATE TABLE revocation_counts (
	company_id  TEXT    NOT NULL,
	removal_id  TEXT    NOT NULL,
	network     TEXT    NOT NULL,
	outcome     TEXT    NOT NULL, -- revoked, standing or given_up
	n           BIGINT  NOT NULL,
	PRIMARY KEY (company_id, removal_id, network, outcome)
);

CREATE INDEX connections_account ON connections (network, subject);

-- Whether its member was told that it ends soon: '', due (a job was left) or sent.
ALTER TABLE connections ADD COLUMN ending TEXT NOT NULL DEFAULT '';
-- Does not want to be told that.
ALTER TABLE members ADD COLUMN untold BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE members DROP COLUMN untold;
ALTER TABLE connections DROP COLUMN ending;
DROP INDEX connections_account;
DROP TABLE revocation_counts;
DROP TABLE revocations;
