-- +goose Up
CREATE TABLE invites (
	id            TEXT    NOT NULL PRIMARY KEY,
	company_id    TEXT    NOT NULL,
	kind          TEXT    NOT NULL, -- self or dm
	subject_hash  TEXT    NOT NULL, -- of the Slack user it is bound to, whose id only the token holds
	person_id     TEXT, -- NULL for kind self
	seed          BYTEA   NOT NULL, -- 16 random bytes; with the Slack id and the company's secret they give the token
	token_hash    BYTEA   NOT NULL UNIQUE,
	invited_by    TEXT    NOT NULL, -- Slack id, or ''
	created_at    BIGINT  NOT NULL,
	expires_at    BIGINT  NOT NULL,
	sent_at       BIGINT  NOT NULL,
	failure       TEXT    NOT NULL,
	reminded      BIGINT  NOT NULL,
	closed        TEXT    NOT NULL, -- '' while open, else used, replaced or expired
	closed_at     BIGINT  NOT NULL
);
CREATE INDEX invites_subject ON invites (company_id, subject_hash);
CREATE INDEX invites_person ON invites (person_id);
CREATE INDEX invites_inviter ON invites (company_id, invited_by);
CREATE INDEX invites_expiry ON invites (expires_at);

CREATE TABLE authorizations (
	state_hash      BYTEA   NOT NULL PRIMARY KEY,
	browser_hash    BYTEA   NOT NULL,
	company_id      TEXT    NOT NULL,
	network         TEXT    NOT NULL,
	subject_hash    TEXT    NOT NULL, -- whose personal link it began with, or ''
	payload_sealed  BYTEA   NOT NULL,
	expires_at      BIGINT  NOT NULL
);
CREATE INDEX authorizations_subject ON authorizations (company_id, subject_hash);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);

-- Registrations that wait for a confirmation or an approval.
CREATE TABLE signups (
	id              TEXT    NOT NULL PRIMARY KEY,
	company_id      TEXT    NOT NULL,
	status          TEXT    NOT NULL, -- confirm or approval
	person_id       TEXT, -- who is asked, for confirm
	network         TEXT    NOT NULL,
	account_hash    TEXT    NOT NULL,
	email_hash      TEXT    NOT NULL,
	payload_sealed  BYTEA   NOT NULL,
	created_at      BIGINT  NOT NULL,
	UNIQUE (company_id, network, account_hash)
);
CREATE INDEX signups_person ON signups (person_id);
CREATE INDEX signups_age ON signups (created_at);

-- +goose Down
DROP TABLE signups;
DROP TABLE authorizations;
DROP TABLE invites;
