-- As on PostgreSQL, where all failed logins of names that do not exist would wait for one row.
ALTER TABLE failed_logins_of_nobody ADD COLUMN slot BIGINT NOT NULL DEFAULT 0;
INSERT INTO failed_logins_of_nobody (count, slot)
    WITH RECURSIVE slots (slot) AS (SELECT 1 UNION ALL SELECT slot + 1 FROM slots WHERE slot < 15) SELECT 0, slot FROM slots;
