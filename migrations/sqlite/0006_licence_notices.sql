-- +goose Up

-- Who read and accepted which licence's notice, once a licence year. Rows are never changed: they are the firm's evidence.
CREATE TABLE licence_notices (
    user_id BIGINT NOT NULL REFERENCES users (id),
    licence TEXT   NOT NULL,
    year    BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, licence, year)
);
