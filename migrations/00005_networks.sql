-- +goose Up
-- What became of requests to a network that Herald deletes somebody's data. Nothing in it leads to a person.
CREATE TABLE deletions (
	code_hash     BYTEA   NOT NULL PRIMARY KEY, -- of the code that the person got
	network       TEXT    NOT NULL,
	connections   BIGINT  NOT NULL, -- how many accounts at the network were erased
	accounts      BIGINT  NOT NULL, -- how many members were purged
	requested_at  BIGINT  NOT NULL,
	changed_at    BIGINT  NOT NULL -- when something was last erased, or nothing was found
);
CREATE INDEX deletions_age ON deletions (requested_at);

-- The removals that a request still waits for.
CREATE TABLE deletion_removals (
	removal_id  TEXT   NOT NULL PRIMARY KEY,
	code_hash   BYTEA  NOT NULL REFERENCES deletions ON DELETE CASCADE
);
CREATE INDEX deletion_removals_code ON deletion_removals (code_hash);

-- Accounts at networks that members had connected: without their ids, so that a request of the network finds whose they were.
CREATE TABLE former_accounts (
	company_id    TEXT    NOT NULL,
	network       TEXT    NOT NULL,
	account_hash  TEXT    NOT NULL,
	member_id     TEXT    NOT NULL REFERENCES members ON DELETE CASCADE,
	connected_at  BIGINT  NOT NULL,
	PRIMARY KEY (company_id, network, account_hash)
);
CREATE INDEX former_accounts_member ON former_accounts (member_id);

-- As what servers of networks know Herald. Which servers these are is as secret as the rest: one may have a single account.
CREATE TABLE network_clients (
	name_hash      BYTEA   NOT NULL PRIMARY KEY,
	client_sealed  BYTEA   NOT NULL,
	saved_at       BIGINT  NOT NULL
);
CREATE INDEX network_clients_age ON network_clients (saved_at);

-- The network that told the member's address or, of somebody from outside of the workspace, their name, too; '' if it told neither.
ALTER TABLE members ADD COLUMN told_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE members DROP COLUMN told_by;
DROP TABLE network_clients;
DROP TABLE former_accounts;
DROP TABLE deletion_removals;
DROP TABLE deletions;
