-- +goose Up
-- Addresses are kept for invitations that can be sent again, and hashes of them for whoever declines under a mail. From now on they go with
-- the step that ends an invitation.
UPDATE invites SET email_sealed = NULL WHERE state NOT IN ('pending', 'expired', 'failed');
UPDATE invites SET email_hash = '' WHERE closed IN ('used', 'declined');

-- +goose Down
-- What was erased stays erased.
SELECT 1;
