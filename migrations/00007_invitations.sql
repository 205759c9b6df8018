-- +goose Up
-- What company admins decided for their company; without a row, the defaults hold.
CREATE TABLE settings (
	company_id  TEXT    NOT NULL PRIMARY KEY,
	inviters    TEXT    NOT NULL, -- admins, recruiters or everyone
	link_days   BIGINT  NOT NULL
);

-- The user type that the person gets by registering; '' for kind self.
ALTER TABLE invites ADD COLUMN as_type TEXT NOT NULL DEFAULT '';
-- What the Invitations screen shows: pending, accepted, declined, expired or failed. '' for what it does not show: own links, and invitations
-- that were cancelled or followed by another one, so that everybody is listed once.
ALTER TABLE invites ADD COLUMN state TEXT NOT NULL DEFAULT '';
ALTER TABLE invites ADD COLUMN reason TEXT NOT NULL DEFAULT ''; -- why it was declined, or ''
ALTER TABLE invites ADD COLUMN list_key BYTEA NOT NULL DEFAULT ''; -- 8 bytes that fall as created_at rises, then id: newest first

-- Invitations from before are listed in no particular order: the two engines have no common way to spell their key.
UPDATE invites SET as_type = 'employee', list_key = token_hash WHERE kind = 'dm';
UPDATE invites
SET state = CASE closed WHEN 'used' THEN 'accepted' WHEN 'expired' THEN 'expired' ELSE CASE failure WHEN '' THEN 'pending' ELSE 'failed' END END
WHERE kind = 'dm' AND closed <> 'replaced' AND NOT EXISTS (
	SELECT 1
	FROM invites later
	WHERE later.kind = 'dm' AND later.person_id = invites.person_id
		AND (later.created_at > invites.created_at OR later.created_at = invites.created_at AND later.id > invites.id));
INSERT INTO counts (company_id, grp, day, n)
SELECT company_id, 'invites ' || state, 0, count(*)
FROM invites
WHERE state <> ''
GROUP BY company_id, state;

CREATE INDEX invites_list ON invites (company_id, list_key, id) WHERE state <> '';
CREATE INDEX invites_state ON invites (company_id, state, list_key, id);
CREATE INDEX invites_pending ON invites (company_id, created_at) WHERE state = 'pending';

-- +goose Down
DELETE FROM counts WHERE grp LIKE 'invites %' OR grp LIKE 'declined %';
UPDATE invites SET closed = 'replaced' WHERE closed = 'declined';
DROP INDEX invites_pending;
DROP INDEX invites_state;
DROP INDEX invites_list;
ALTER TABLE invites DROP COLUMN list_key;
ALTER TABLE invites DROP COLUMN reason;
ALTER TABLE invites DROP COLUMN state;
ALTER TABLE invites DROP COLUMN as_type;
DROP TABLE settings;
