-- +goose Up

-- Every page of a case and every step reads its attachments.
CREATE INDEX attachments_case ON attachments (case_id);

-- The intake page shows the mails of one fate, and each mailbox's count of kept mails.
CREATE INDEX ledger_entries_fate ON ledger_entries (fate, seen_at, id);
CREATE INDEX ledger_entries_kept ON ledger_entries (mailbox, folder) WHERE content_id IS NOT NULL;

-- The outbox shows and counts the mails of one state.
CREATE INDEX deliveries_state ON deliveries (state, created_at, id);

-- Rate limits count mails at the time at which they go, not at the time at which they were decided.
DROP INDEX deliveries_recipient;
CREATE INDEX deliveries_recipient ON deliveries (recipient_hash, next_at) WHERE automatic;
CREATE INDEX deliveries_automatic ON deliveries (next_at) WHERE automatic;
