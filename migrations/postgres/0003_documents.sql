-- +goose Up

-- What an attachment is by its bytes, and what was read of it. digest is a keyed hash of the bytes: a document that
-- comes twice in a case is read once. notes and text are sealed like all content.
ALTER TABLE attachments ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN shown_inline BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE attachments ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN step TEXT NOT NULL DEFAULT '' CHECK (step IN ('', 'document'));
ALTER TABLE attachments ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN next_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN text_id BIGINT REFERENCES contents (id);
ALTER TABLE attachments ADD COLUMN text_bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN recognised BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE attachments ADD COLUMN notes BYTEA;
CREATE INDEX attachments_step ON attachments (next_at) WHERE step <> '';

-- A message goes through its steps again when its documents have been read, or when a person wants it: pass counts how
-- often, so that what still runs for an earlier pass changes nothing. again: its automatic mail had been decided before.
ALTER TABLE messages ADD COLUMN pass BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN again BOOLEAN NOT NULL DEFAULT FALSE;

-- A mail that nobody can open without a key: "smime" or "pgp". Its sender is told how to send it instead.
ALTER TABLE messages ADD COLUMN encrypted TEXT NOT NULL DEFAULT '';
