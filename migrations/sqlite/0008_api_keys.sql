-- API keys: what a person gives to a program, so that it needs no password.
CREATE TABLE api_keys (
    key_id       TEXT   NOT NULL PRIMARY KEY,                 -- UUID v7; it opens nothing
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    digest       TEXT   NOT NULL UNIQUE,                      -- SHA-256 of the key, in hexadecimal digits
    name         TEXT   NOT NULL,                             -- what its user calls it
    granted      TEXT   NOT NULL,                             -- scopes, separated by single spaces
    created_at   BIGINT NOT NULL,                             -- Unix milliseconds, and all below
    last_used_at BIGINT,                                      -- to the minute; NULL if never
    expires_at   BIGINT                                       -- NULL if never
);
CREATE INDEX api_keys_of_a_user ON api_keys (user_id);
CREATE INDEX api_keys_to_forget ON api_keys (expires_at);
