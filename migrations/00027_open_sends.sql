-- +goose Up
-- What the job of a message is about: whoever gives up a reminder or an invitation spares those of which an attempt is open.
ALTER TABLE sends ADD COLUMN ref TEXT NOT NULL DEFAULT '';
CREATE INDEX sends_open ON sends (company_id, slack_id) WHERE begun_at > 0;
CREATE INDEX sends_open_ref ON sends (ref) WHERE begun_at > 0;

-- An attempt that was open when its recipient was removed: whom it was for, since the message has to be looked for before it can be deleted.
-- Such a row has no channel and no ts.
ALTER TABLE erasures ADD COLUMN send_sealed BYTEA;

-- +goose Down
DELETE FROM erasures WHERE send_sealed IS NOT NULL;
ALTER TABLE erasures DROP COLUMN send_sealed;
DROP INDEX sends_open_ref;
DROP INDEX sends_open;
ALTER TABLE sends DROP COLUMN ref;
