-- +goose Up
-- Kind email: an invitation to an address. Whose address belongs to a person of the directory is bound to them, as kind dm; who is
-- invited from outside has no person_id until they register.
ALTER TABLE invites ADD COLUMN email_hash TEXT NOT NULL DEFAULT ''; -- '' once used or declined
ALTER TABLE invites ADD COLUMN email_sealed BYTEA; -- address and name, NULL once used or declined
ALTER TABLE invites ADD COLUMN send_at BIGINT NOT NULL DEFAULT 0; -- when it is to be sent, 0: at once
CREATE INDEX invites_email ON invites (company_id, email_hash) WHERE email_hash <> '';

-- Lists of addresses that wait for their confirmation.
CREATE TABLE email_drafts (
	id              TEXT    NOT NULL PRIMARY KEY,
	company_id      TEXT    NOT NULL,
	by_slack        TEXT    NOT NULL,
	payload_sealed  BYTEA   NOT NULL,
	created_at      BIGINT  NOT NULL
);
CREATE INDEX email_drafts_company ON email_drafts (company_id, by_slack);
CREATE INDEX email_drafts_age ON email_drafts (created_at);

-- +goose Down
DROP TABLE email_drafts;
DROP INDEX invites_email;
ALTER TABLE invites DROP COLUMN send_at;
ALTER TABLE invites DROP COLUMN email_sealed;
ALTER TABLE invites DROP COLUMN email_hash;
