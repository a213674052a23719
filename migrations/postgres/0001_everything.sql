-- The tables of SQLite's migrations 1 to 5, in PostgreSQL's words. Texts are compared byte by byte (COLLATE "C"), as SQLite
-- does: otherwise the order of names, and lower(), would depend on the database's locale.

CREATE TABLE users (
    id                TEXT    COLLATE "C" NOT NULL PRIMARY KEY,  -- UUID v7
    username          TEXT    COLLATE "C" NOT NULL UNIQUE,       -- a token's sub
    email             TEXT    COLLATE "C",
    full_name         TEXT    COLLATE "C",
    hashed_password   TEXT    COLLATE "C" NOT NULL,              -- PHC string, or a bcrypt hash that came from elsewhere
    disabled          BOOLEAN NOT NULL,
    scopes            TEXT    COLLATE "C" NOT NULL,              -- names separated by single spaces
    tokens_valid_from BIGINT  NOT NULL,                          -- Unix seconds: tokens issued earlier are refused
    created_at        BIGINT  NOT NULL,                          -- Unix milliseconds
    failed_logins     BIGINT  NOT NULL DEFAULT 0,                -- in a row
    version           BIGINT  NOT NULL DEFAULT 0,                -- the ETag: it grows with each change
    search_text       TEXT    COLLATE "C" NOT NULL DEFAULT '',   -- what a search looks in
    item_count        BIGINT  NOT NULL DEFAULT 0,
    last_login_at     BIGINT                                     -- Unix milliseconds
);

-- Nobody can pass for somebody else by writing a name in other letters.
CREATE UNIQUE INDEX users_username_in_lower_case ON users (lower(username));
CREATE UNIQUE INDEX users_email_in_lower_case ON users (lower(email));
-- Its order is that of the usernames, which come first in the text.
CREATE INDEX users_by_search_text ON users (search_text);
-- The administrators who are not disabled: one of them has to stay.
CREATE INDEX administrators ON users (id) WHERE NOT disabled AND ' ' || scopes || ' ' LIKE '% admin %';
-- The bcrypt hashes by their cost: while there is one, each login does as much work as the costliest of them takes.
CREATE INDEX users_with_bcrypt ON users (substr(hashed_password, 5, 2)) WHERE hashed_password LIKE '$2%';

CREATE TABLE items (
    item_id     TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    owner_id    TEXT   COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title       TEXT   COLLATE "C",
    description TEXT   COLLATE "C",
    created_at  BIGINT NOT NULL,                                 -- Unix milliseconds
    version     BIGINT NOT NULL DEFAULT 0,
    search_text TEXT   COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX items_of_an_owner_by_age ON items (owner_id, created_at, item_id);
CREATE INDEX items_without_search_text ON items (item_id) WHERE search_text = '';

-- Where a user has logged in from: what somebody else does elsewhere does not keep them out there.
CREATE TABLE login_addresses (
    user_id       TEXT   COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address       TEXT   COLLATE "C" NOT NULL,                   -- an IPv4 address, or an IPv6 /64
    last_login_at BIGINT NOT NULL,                               -- Unix milliseconds
    PRIMARY KEY (user_id, address)
);

-- One row that a health check writes, to prove that the database can be written.
CREATE TABLE write_proofs (
    proved_at BIGINT NOT NULL                                    -- Unix milliseconds
);
INSERT INTO write_proofs (proved_at) VALUES (0);

-- Names that were deleted. A name that is given away again opens nothing with its old tokens.
CREATE TABLE deleted_usernames (
    digest            TEXT   COLLATE "C" NOT NULL PRIMARY KEY,   -- SHA-256 of the name in lower case, in hexadecimal digits
    tokens_valid_from BIGINT NOT NULL                            -- Unix seconds: tokens issued earlier are refused
);

-- A failed login of a name that does not exist writes something, too.
CREATE TABLE failed_logins_of_nobody (
    count BIGINT NOT NULL
);
INSERT INTO failed_logins_of_nobody (count) VALUES (0);

-- How many rows there are: each list says so, and to count a million rows takes too long. Each statement counts once, however
-- many rows it changes.
CREATE TABLE user_count (
    count BIGINT NOT NULL                                        -- one row
);
INSERT INTO user_count (count) VALUES (0);

CREATE FUNCTION users_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_count SET count = count + (SELECT COUNT(*) FROM coming);
    RETURN NULL;
END $$;
CREATE TRIGGER users_come AFTER INSERT ON users
    REFERENCING NEW TABLE AS coming FOR EACH STATEMENT EXECUTE FUNCTION users_come();

CREATE FUNCTION users_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_count SET count = count - (SELECT COUNT(*) FROM going);
    RETURN NULL;
END $$;
CREATE TRIGGER users_go AFTER DELETE ON users
    REFERENCING OLD TABLE AS going FOR EACH STATEMENT EXECUTE FUNCTION users_go();

CREATE FUNCTION items_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET item_count = item_count + coming.count
        FROM (SELECT owner_id, COUNT(*) AS count FROM coming_items GROUP BY owner_id) AS coming
        WHERE users.id = coming.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER items_come AFTER INSERT ON items
    REFERENCING NEW TABLE AS coming_items FOR EACH STATEMENT EXECUTE FUNCTION items_come();

CREATE FUNCTION items_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET item_count = item_count - going.count
        FROM (SELECT owner_id, COUNT(*) AS count FROM going_items GROUP BY owner_id) AS going
        WHERE users.id = going.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER items_go AFTER DELETE ON items
    REFERENCING OLD TABLE AS going_items FOR EACH STATEMENT EXECUTE FUNCTION items_go();

CREATE FUNCTION an_item_changes_hands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET item_count = item_count - 1 WHERE id = OLD.owner_id;
    UPDATE users SET item_count = item_count + 1 WHERE id = NEW.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER an_item_changes_hands AFTER UPDATE OF owner_id ON items
    FOR EACH ROW WHEN (NEW.owner_id <> OLD.owner_id) EXECUTE FUNCTION an_item_changes_hands();
