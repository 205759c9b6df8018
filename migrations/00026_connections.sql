-- +goose Up
-- Access is never refreshed: people connect again, so nothing has to be kept for that.
ALTER TABLE connections DROP COLUMN refresh_sealed;

-- The consent that connected the account through a link of its member, of which they are told; '' for the account they registered with.
ALTER TABLE connections ADD COLUMN consent_id TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX connections_consent ON connections (consent_id) WHERE consent_id <> '';

-- +goose Down
DROP INDEX connections_consent;
ALTER TABLE connections DROP COLUMN consent_id;
ALTER TABLE connections ADD COLUMN refresh_sealed BYTEA;
