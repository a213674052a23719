-- Portable SQL (SQLite and PostgreSQL): ids and times come from the program, not from the database.

CREATE TABLE users (
    id                TEXT    NOT NULL PRIMARY KEY,           -- UUID v7
    username          TEXT    NOT NULL UNIQUE,                -- a token's sub
    email             TEXT,
    full_name         TEXT,
    hashed_password   TEXT    NOT NULL,                       -- PHC string
    disabled          BOOLEAN NOT NULL,
    scopes            TEXT    NOT NULL,                       -- names separated by single spaces
    tokens_valid_from BIGINT  NOT NULL,                       -- Unix seconds: tokens issued earlier are refused
    created_at        BIGINT  NOT NULL                        -- Unix milliseconds
);

-- Nobody can pass for somebody else by writing a name in other letters.
CREATE UNIQUE INDEX users_username_in_lower_case ON users (lower(username));
CREATE UNIQUE INDEX users_email_in_lower_case ON users (lower(email));

CREATE TABLE items (
    item_id     TEXT   NOT NULL PRIMARY KEY,
    owner_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title       TEXT,
    description TEXT,
    created_at  BIGINT NOT NULL                               -- Unix milliseconds
);

CREATE INDEX items_of_an_owner_by_age ON items (owner_id, created_at, item_id);
