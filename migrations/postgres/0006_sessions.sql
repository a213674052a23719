-- Sessions: what begins with a login for the scope offline_access. A session goes on by its refresh tokens, of which only digests
-- are kept (SHA-256, in hexadecimal digits).
CREATE TABLE sessions (
    session_id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,      -- UUID v7; the sid of access tokens
    user_id          TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family           TEXT COLLATE "C" NOT NULL UNIQUE,           -- digest of the part that all its refresh tokens have in common
    token            TEXT COLLATE "C" NOT NULL,                  -- digest of the present refresh token
    granted          TEXT COLLATE "C" NOT NULL,                  -- scopes, separated by single spaces
    password_version BIGINT NOT NULL,                            -- users.tokens_valid_from at the login
    auth_time        BIGINT NOT NULL,                            -- Unix seconds: when the password was typed
    cookie_lasts     BOOLEAN,                                    -- whether its cookie outlives the browser; NULL without a cookie
    address          TEXT COLLATE "C" NOT NULL,                  -- where it began: an IPv4 address, or an IPv6 /64
    user_agent       TEXT COLLATE "C",                           -- of the login
    started_at       BIGINT NOT NULL,                            -- Unix milliseconds, and all below
    last_used_at     BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,                            -- unless it is used before then
    last_possible_at BIGINT NOT NULL,                            -- expires_at never moves past this
    ended_at         BIGINT                                      -- an old refresh token was used again. Other sessions that end are deleted
);
CREATE INDEX sessions_of_a_user ON sessions (user_id);
CREATE INDEX sessions_to_forget ON sessions (expires_at);

-- Refresh tokens that were used a moment ago. Two tabs may use the same one, or an answer may be lost: the next token is then sent again.
CREATE TABLE used_refresh_tokens (
    token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,            -- its digest
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    next_token TEXT COLLATE "C" NOT NULL,                        -- encrypted: only who has the used token can read it
    used_at    BIGINT NOT NULL                                   -- Unix milliseconds
);
CREATE INDEX used_refresh_tokens_of_a_session ON used_refresh_tokens (session_id);
CREATE INDEX used_refresh_tokens_to_forget ON used_refresh_tokens (used_at);

-- Access tokens without a session that were revoked, until they expire.
CREATE TABLE revoked_tokens (
    digest     TEXT COLLATE "C" NOT NULL PRIMARY KEY,            -- SHA-256 of the signed part, in hexadecimal digits
    expires_at BIGINT NOT NULL                                   -- Unix seconds
);
CREATE INDEX revoked_tokens_to_forget ON revoked_tokens (expires_at);

-- A renewal changes its row. With room on the page, the new row stays there.
ALTER TABLE sessions SET (fillfactor = 85);
