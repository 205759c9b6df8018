-- +goose Up
-- The runs of reminders that company admins are told of before they begin. The row is what leaves the job: whichever process inserts it.
CREATE TABLE reminder_previews (
	id          TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	due_at      BIGINT  NOT NULL, -- of the run
	UNIQUE (company_id, due_at)
);
CREATE INDEX reminder_previews_age ON reminder_previews (due_at);
-- A company admin who does not want to be told.
ALTER TABLE members ADD COLUMN unpreviewed BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE members DROP COLUMN unpreviewed;
DROP TABLE reminder_previews;
