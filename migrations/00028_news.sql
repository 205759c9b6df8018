-- +goose Up
-- When Slack last changed the person's entry, so that older news of them changes nothing; 0: it does not say.
ALTER TABLE people ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;

-- When Herald was last seen to be connected to Slack.
ALTER TABLE companies ADD COLUMN heard_at BIGINT NOT NULL DEFAULT 0;
UPDATE companies SET heard_at = synced_at;
-- The end of the last time without a connection that was too long for Slack to repeat what happened: the directory is due since.
ALTER TABLE companies ADD COLUMN missed_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE companies DROP COLUMN missed_at;
ALTER TABLE companies DROP COLUMN heard_at;
ALTER TABLE people DROP COLUMN updated_at;
