-- A login changes its user's row twice. With room on the page, PostgreSQL keeps the new row there, and touches no index. It does so
-- for rows that come from now on.
ALTER TABLE users SET (fillfactor = 85);
