-- +goose Up
-- A Slack file that shows somebody who was removed, or was sent to them; '' for a message.
ALTER TABLE erasures ADD COLUMN file_id TEXT NOT NULL DEFAULT '';
CREATE INDEX erasures_file ON erasures (company_id, file_id) WHERE file_id <> '';

-- What became of the files. Earlier receipts did not tell, and said that all were deleted.
ALTER TABLE receipts ADD COLUMN files_deleted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE receipts ADD COLUMN files_kept BIGINT NOT NULL DEFAULT 0; -- Slack did not allow it, within seven days
UPDATE receipts SET files_deleted = files;

-- The key of network_clients.name_hash, in one row: nobody who has the database can try names. Clients of before are not found any more, and
-- go after 90 days.
CREATE TABLE network_client_keys (
	id          TEXT   NOT NULL PRIMARY KEY,
	key_sealed  BYTEA  NOT NULL
);

-- +goose Down
DROP TABLE network_client_keys;
ALTER TABLE receipts DROP COLUMN files_kept;
ALTER TABLE receipts DROP COLUMN files_deleted;
DROP INDEX erasures_file;
DELETE FROM erasures WHERE file_id <> '';
ALTER TABLE erasures DROP COLUMN file_id;
