-- Accounts and items that people change.

-- An ETag: it grows with each change of what is sent of the row. It begins with the time of creation, so a name that is
-- given away again does not repeat one.
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE users SET version = created_at;
UPDATE items SET version = created_at;

-- What a search looks in: the texts in lower case, with U+001F between them, which no text has. The program fills it when it
-- opens the database, as SQLite's lower() knows ASCII only.
ALTER TABLE users ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
CREATE INDEX items_without_search_text ON items (item_id) WHERE search_text = '';

-- A search of all users reads this index only. Its order is that of the usernames, which come first in the text.
CREATE INDEX users_by_search_text ON users (search_text);

-- How many rows there are: each list says so, and to count a million rows takes too long.
ALTER TABLE users ADD COLUMN item_count BIGINT NOT NULL DEFAULT 0;
UPDATE users SET item_count = (SELECT COUNT(*) FROM items WHERE owner_id = users.id);
CREATE TRIGGER an_item_comes AFTER INSERT ON items BEGIN
    UPDATE users SET item_count = item_count + 1 WHERE id = NEW.owner_id;
END;
CREATE TRIGGER an_item_goes AFTER DELETE ON items BEGIN
    UPDATE users SET item_count = item_count - 1 WHERE id = OLD.owner_id;
END;
CREATE TRIGGER an_item_changes_hands AFTER UPDATE OF owner_id ON items WHEN NEW.owner_id <> OLD.owner_id BEGIN
    UPDATE users SET item_count = item_count - 1 WHERE id = OLD.owner_id;
    UPDATE users SET item_count = item_count + 1 WHERE id = NEW.owner_id;
END;
CREATE TABLE user_count (
    count BIGINT NOT NULL                                     -- one row
);
INSERT INTO user_count (count) SELECT COUNT(*) FROM users;
CREATE TRIGGER a_user_comes AFTER INSERT ON users BEGIN
    UPDATE user_count SET count = count + 1;
END;
CREATE TRIGGER a_user_goes AFTER DELETE ON users BEGIN
    UPDATE user_count SET count = count - 1;
END;

ALTER TABLE users ADD COLUMN last_login_at BIGINT;            -- Unix milliseconds
UPDATE users SET last_login_at = (SELECT MAX(last_login_at) FROM login_addresses WHERE user_id = users.id);

-- The administrators who are not disabled: one of them has to stay.
CREATE INDEX administrators ON users (id) WHERE NOT disabled AND ' ' || scopes || ' ' LIKE '% admin %';

-- Names that were deleted. A name that is given away again opens nothing with its old tokens.
CREATE TABLE deleted_usernames (
    digest            TEXT   NOT NULL PRIMARY KEY,            -- SHA-256 of the name in lower case, in hexadecimal digits
    tokens_valid_from BIGINT NOT NULL                         -- Unix seconds: tokens issued earlier are refused
);
