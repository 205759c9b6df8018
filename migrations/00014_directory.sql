-- +goose Up
-- A sync of the directory that is under way, so that whoever goes on with it, after a crash or in another process, knows how far it is.
CREATE TABLE directory_syncs (
	company_id     TEXT    NOT NULL PRIMARY KEY,
	started_at     BIGINT  NOT NULL,
	pages          BIGINT  NOT NULL, -- that are mirrored
	cursor_sealed  BYTEA   NOT NULL, -- Slack's, of the page after them: it is made of somebody's id
	people         BIGINT  NOT NULL, -- on the pages; of these
	colleagues     BIGINT  NOT NULL
);

-- When Herald heard that somebody was deactivated in Slack, 0: they are not.
ALTER TABLE people ADD COLUMN deactivated_at BIGINT NOT NULL DEFAULT 0;
UPDATE people SET deactivated_at = mirrored_at WHERE deactivated;
CREATE INDEX people_deactivated ON people (company_id, deactivated_at) WHERE deactivated_at > 0;

-- Company admins were told of it.
ALTER TABLE people ADD COLUMN deactivation_told BOOLEAN NOT NULL DEFAULT FALSE;

-- Members among them are a group of the list.
UPDATE people SET facets = facets || 'x' WHERE deactivated AND standing = 'member';
UPDATE words SET facets = facets || 'x' WHERE person_id IN (SELECT id FROM people WHERE deactivated AND standing = 'member');
INSERT INTO counts (company_id, grp, day, n)
SELECT company_id, 'deactivated', 0, count(*)
FROM people
WHERE deactivated AND standing = 'member'
GROUP BY company_id;
CREATE INDEX people_gone ON people (company_id, sort_key, id) WHERE standing = 'member' AND deactivated;

-- When company admins were last told of deactivations.
ALTER TABLE companies ADD COLUMN deactivations_told BIGINT NOT NULL DEFAULT 0;

-- After how many days whoever joins the workspace is invited, 0: not at all.
ALTER TABLE settings ADD COLUMN joiner_days BIGINT NOT NULL DEFAULT 0;
-- After how many days members who are deactivated in Slack are removed without anybody's doing, 0: never.
ALTER TABLE settings ADD COLUMN removal_days BIGINT NOT NULL DEFAULT 0;
-- Since when that holds: it takes nobody by surprise who was deactivated long before.
ALTER TABLE settings ADD COLUMN removal_since BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE settings DROP COLUMN removal_since;
ALTER TABLE settings DROP COLUMN removal_days;
ALTER TABLE settings DROP COLUMN joiner_days;
ALTER TABLE companies DROP COLUMN deactivations_told;
DROP INDEX people_gone;
DELETE FROM counts WHERE grp = 'deactivated';
UPDATE words SET facets = replace(facets, 'x', '');
UPDATE people SET facets = replace(facets, 'x', '');
DROP INDEX people_deactivated;
ALTER TABLE people DROP COLUMN deactivation_told;
ALTER TABLE people DROP COLUMN deactivated_at;
DROP TABLE directory_syncs;
