-- +goose Up

-- What the firm's consultants write about a code in their own words. Rows are never changed but for the review: a new
-- version is a new row, an empty text takes the words away again. They speak of codes, never of a case.
CREATE TABLE house_descriptions (
    id                  BIGINT PRIMARY KEY,
    system              TEXT   NOT NULL,
    code                TEXT   NOT NULL,
    kind                TEXT   NOT NULL CHECK (kind IN ('common', 'used-when', 'note')),
    version             BIGINT NOT NULL,
    text                TEXT   NOT NULL,
    user_id             BIGINT NOT NULL REFERENCES users (id),
    at                  BIGINT NOT NULL,
    reviewed_by         BIGINT REFERENCES users (id),
    reviewed_credential TEXT   NOT NULL DEFAULT '',
    reviewed_at         BIGINT,
    UNIQUE (system, code, kind, version)
);
