-- Accounts and items that people change.

-- An ETag: it grows with each change of what is sent of the row. It begins with the time of creation, so a name that is
-- given away again does not repeat one.
ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
UPDATE users SET version = created_at;
UPDATE items SET version = created_at;

-- What a search looks in: the texts in lower case, one below the other.
ALTER TABLE users ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE users SET search_text = lower(username || '
' || COALESCE(full_name, '') || '
' || COALESCE(email, ''));
UPDATE items SET search_text = lower(item_id || '
' || COALESCE(title, '') || '
' || COALESCE(description, ''));

ALTER TABLE users ADD COLUMN last_login_at BIGINT;            -- Unix milliseconds
UPDATE users SET last_login_at = (SELECT MAX(last_login_at) FROM login_addresses WHERE user_id = users.id);

-- The administrators who are not disabled: one of them has to stay.
CREATE INDEX administrators ON users (id) WHERE NOT disabled AND ' ' || scopes || ' ' LIKE '% admin %';

-- Names that were deleted. A name that is given away again opens nothing with its old tokens.
CREATE TABLE deleted_usernames (
    digest            TEXT   NOT NULL PRIMARY KEY,            -- SHA-256 of the name in lower case, in hexadecimal digits
    tokens_valid_from BIGINT NOT NULL                         -- Unix seconds: tokens issued earlier are refused
);
