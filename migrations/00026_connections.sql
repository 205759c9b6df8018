-- +goose Up
-- Access is never refreshed: people connect again, so nothing has to be kept for that.
ALTER TABLE connections DROP COLUMN refresh_sealed;

-- +goose Down
ALTER TABLE connections ADD COLUMN refresh_sealed BYTEA;
