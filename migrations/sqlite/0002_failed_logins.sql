-- What NIST SP 800-63B-4 §3.2.2 asks for: an account's password is refused after too many failures in a row.
ALTER TABLE users ADD COLUMN failed_logins INTEGER NOT NULL DEFAULT 0;

-- The same for names that do not exist, so that a failed login of theirs writes something, too. One row.
CREATE TABLE failed_logins_of_nobody (
    count BIGINT NOT NULL
);
INSERT INTO failed_logins_of_nobody (count) VALUES (0);

-- Where a user has logged in from: what somebody else does elsewhere does not keep them out there.
CREATE TABLE login_addresses (
    user_id       TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address       TEXT   NOT NULL,                            -- an IPv4 address, or an IPv6 /64
    last_login_at BIGINT NOT NULL,                            -- Unix milliseconds
    PRIMARY KEY (user_id, address)
);
