-- The role and the database of Cloakroom. Once, on the primary (`patronictl list` names it), with the password in the
-- environment:
--     DATABASE_PASSWORD=… psql --host 127.0.0.1 --username postgres --file database.sql
\set ON_ERROR_STOP on
\getenv password DATABASE_PASSWORD
CREATE ROLE cloakroom LOGIN PASSWORD :'password';
CREATE DATABASE cloakroom OWNER cloakroom ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
