-- +goose Up
-- Who is named in the report of a run, however many it wrote to.
CREATE INDEX nudges_notable ON nudges (run_id, person_id) WHERE status = 'failed' OR signed_up;

-- +goose Down
DROP INDEX nudges_notable;
