-- +goose Up
-- A list of addresses that was confirmed: its job sends it, whatever becomes of the process that took the click.
ALTER TABLE email_drafts ADD COLUMN confirmed BOOLEAN NOT NULL DEFAULT FALSE;
-- The screen that it was confirmed from, '' for none.
ALTER TABLE email_drafts ADD COLUMN screen_id TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE email_drafts DROP COLUMN screen_id;
ALTER TABLE email_drafts DROP COLUMN confirmed;
