-- +goose Up

-- When the server last answered a look for new mail: what a silent mailbox is told by.
ALTER TABLE mailboxes ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;
