-- Confidential clients: programs that prove by a secret who they are.
CREATE TABLE clients (
    client_id  TEXT   NOT NULL PRIMARY KEY,                   -- client/NAME; no username has a slash
    secret     TEXT,                                          -- SHA-256 of the secret, in hexadecimal digits; NULL while it is being removed
    version    TEXT   NOT NULL,                               -- UUID v4 of the secret; the client's tokens name it
    scopes     TEXT   NOT NULL,                               -- separated by single spaces
    created_at BIGINT NOT NULL                                -- Unix milliseconds
);

-- The client that a session belongs to: only it goes on with it. NULL for everybody else's.
ALTER TABLE sessions ADD COLUMN client_id TEXT REFERENCES clients (client_id) ON DELETE CASCADE;
CREATE INDEX sessions_of_a_client ON sessions (client_id) WHERE client_id IS NOT NULL;
