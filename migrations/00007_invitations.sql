-- +goose Up
-- What company admins decided for their company; without a row, the defaults hold.
CREATE TABLE settings (
	company_id  TEXT    NOT NULL PRIMARY KEY,
	inviters    TEXT    NOT NULL, -- admins, recruiters or everyone
	link_days   BIGINT  NOT NULL
);

-- The user type that the person gets by registering; '' for kind self.
ALTER TABLE invites ADD COLUMN as_type TEXT NOT NULL DEFAULT '';
UPDATE invites SET as_type = 'employee' WHERE kind = 'dm';

-- +goose Down
ALTER TABLE invites DROP COLUMN as_type;
DROP TABLE settings;
