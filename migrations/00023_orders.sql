-- +goose Up
-- What somebody asked for in a form, until its job has done it.
CREATE TABLE orders (
	id              TEXT    NOT NULL PRIMARY KEY,
	company_id      TEXT    NOT NULL,
	by_slack        TEXT    NOT NULL,
	screen_id       TEXT    NOT NULL, -- that it was asked from, '' for none
	payload_sealed  BYTEA   NOT NULL
);
CREATE INDEX orders_company ON orders (company_id, by_slack);

-- Which message was given up: the kind of its job, '' for other events and for those before.
ALTER TABLE audit ADD COLUMN message TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE audit DROP COLUMN message;
DROP TABLE orders;
