-- The rate limit for logins and sign-ups, of all servers together. A key is the digest of an account, an address or a network.

-- What failed before.
CREATE TABLE failures (
    key        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    count      DOUBLE PRECISION NOT NULL,                     -- at counted_at; it fades
    counted_at BIGINT NOT NULL,                               -- Unix milliseconds, by the database's clock
    until      BIGINT,                                        -- Unix milliseconds: until then every guess is refused
    forget_at  BIGINT NOT NULL                                -- Unix milliseconds: too little is left of the count
);
CREATE INDEX failures_to_forget ON failures (forget_at);

-- Guesses in progress. Each counts as a failure until it ends. The one of a server that was killed ends by itself.
CREATE TABLE guesses (
    key        TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,                               -- Unix milliseconds: it has failed
    PRIMARY KEY (key, id)
);
CREATE INDEX guesses_to_forget ON guesses (expires_at);

-- Failed logins of names that do not exist: in 16 rows, as all of them would wait for one.
ALTER TABLE failed_logins_of_nobody ADD COLUMN slot BIGINT NOT NULL DEFAULT 0;
INSERT INTO failed_logins_of_nobody (count, slot) SELECT 0, slot FROM generate_series(1, 15) AS slots (slot);
