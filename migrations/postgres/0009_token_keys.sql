-- The keys that sign and check tokens, since one was replaced for the first time, or since token.algorithm is not HS256. While it is
-- empty, the key in token_key signs. Servers of the version before read token_key only.
CREATE TABLE token_keys (
    kid            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm      TEXT COLLATE "C" NOT NULL,  -- as in the header of a token
    secret         TEXT COLLATE "C" NOT NULL,  -- HS256: the key itself; others: the private key (PKCS #8) in base64url
    signs_from     BIGINT NOT NULL,            -- Unix seconds, and below
    verifies_until BIGINT                      -- NULL if no other key was made after it
);
