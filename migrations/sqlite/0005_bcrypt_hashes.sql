-- The bcrypt hashes by their cost: while there is one, each login does as much work as the costliest of them takes.
CREATE INDEX users_with_bcrypt ON users (substr(hashed_password, 5, 2)) WHERE hashed_password LIKE '$2%';
