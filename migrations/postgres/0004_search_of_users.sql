-- A search of all users looks for a text anywhere in search_text. An index of trigrams finds texts of three letters or more.
-- The extension pg_trgm comes with PostgreSQL, and the owner of a database may create it. Where it is missing, or may not be
-- created, a search reads all users.
DO $$
DECLARE
    place TEXT;
BEGIN
    -- In public, as an extension is there once for the whole database.
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    SELECT nspname INTO place FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX users_by_trigrams ON users USING gin (search_text %I.gin_trgm_ops)', place);
EXCEPTION
    WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR invalid_schema_name THEN
        RAISE WARNING 'a search of all users is slow, because there is no extension pg_trgm: %', SQLERRM;
END $$;
