-- One row that a health check writes, to prove that the database can be written.
CREATE TABLE write_proofs (
    proved_at BIGINT NOT NULL                                 -- Unix milliseconds
);
INSERT INTO write_proofs (proved_at) VALUES (0);
