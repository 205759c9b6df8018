-- +goose Up
-- Whom Herald still has to tell that they were removed, and where to end its access themselves. The Slack id is sealed, and gone with the
-- row when they were told, or after seven days.
CREATE TABLE farewells (
	id              TEXT     NOT NULL PRIMARY KEY,
	company_id      TEXT     NOT NULL,
	removal_id      TEXT     NOT NULL,
	payload_sealed  BYTEA    NOT NULL,
	begun           BOOLEAN  NOT NULL, -- it may have been sent: never again
	created_at      BIGINT   NOT NULL
);
CREATE INDEX farewells_age ON farewells (created_at);

-- When the account was disconnected. Of those before, the latest event in the audit log is a time that is not too early.
ALTER TABLE former_accounts ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
UPDATE former_accounts
SET ended_at = coalesce((
	SELECT max(a.at)
	FROM audit a
	WHERE a.company_id = former_accounts.company_id), connected_at);
CREATE INDEX former_accounts_age ON former_accounts (ended_at);

-- +goose Down
DROP INDEX former_accounts_age;
ALTER TABLE former_accounts DROP COLUMN ended_at;
DROP TABLE farewells;
