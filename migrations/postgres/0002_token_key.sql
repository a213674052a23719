-- The key that signs tokens. All servers use the same one: a token that one of them issued opens the others.
CREATE TABLE token_key (
    one         BOOLEAN NOT NULL PRIMARY KEY DEFAULT TRUE CHECK (one),  -- one row
    secret      TEXT COLLATE "C",                                       -- NULL if the operator has set token.secret-key
    fingerprint TEXT COLLATE "C" NOT NULL                               -- SHA-256, in hexadecimal digits
);
