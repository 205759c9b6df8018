-- +goose Up
-- What the reminders of a run achieved, for the screens: by which reminder of a person's they were, and the hour in which they were sent.
CREATE TABLE nudge_effects (
	run_id      TEXT    NOT NULL REFERENCES reminder_runs ON DELETE CASCADE,
	position    BIGINT  NOT NULL, -- 1 for the first that a person got
	hour        BIGINT  NOT NULL, -- counted from 1970
	company_id  TEXT    NOT NULL,
	sent        BIGINT  NOT NULL,
	signed_up   BIGINT  NOT NULL, -- who signed up because of one of them
	PRIMARY KEY (run_id, position, hour)
);
CREATE INDEX nudge_effects_company ON nudge_effects (company_id);
ALTER TABLE nudges ADD COLUMN position BIGINT NOT NULL DEFAULT 0; -- which it is of all that the person got, once sent
ALTER TABLE nudges ADD COLUMN signed_up BOOLEAN NOT NULL DEFAULT FALSE; -- its person did, because of it

UPDATE nudges
SET position = ranked.position
FROM (
	SELECT id, row_number() OVER (PARTITION BY person_id ORDER BY sent_at, id) AS position
	FROM nudges
	WHERE status = 'sent'
) AS ranked
WHERE nudges.id = ranked.id;
UPDATE nudges
SET signed_up = TRUE
FROM members
WHERE nudges.status = 'sent' AND members.id = nudges.person_id
	AND members.registered_at >= nudges.sent_at AND members.registered_at < nudges.sent_at + 604800000000
	AND NOT EXISTS (
		SELECT 1
		FROM nudges later
		WHERE later.person_id = nudges.person_id AND later.status = 'sent' AND later.position > nudges.position
			AND later.sent_at <= members.registered_at);
INSERT INTO nudge_effects (run_id, position, hour, company_id, sent, signed_up)
SELECT run_id, position, sent_at / 3600000000, company_id, count(*), sum(CASE WHEN signed_up THEN 1 ELSE 0 END)
FROM nudges
WHERE status = 'sent'
GROUP BY run_id, position, sent_at / 3600000000, company_id;
-- All that are sent had to be read through before.
DROP INDEX nudges_sent;

-- +goose Down
CREATE INDEX nudges_sent ON nudges (company_id, person_id, sent_at) WHERE status = 'sent';
ALTER TABLE nudges DROP COLUMN signed_up;
ALTER TABLE nudges DROP COLUMN position;
DROP TABLE nudge_effects;
