-- The roles of the stack, made once with the database: `archive` owns the schema fraud, `grafana` may only read in it.
\set archive_password `cat /run/secrets/archive_password`
\set grafana_password `cat /run/secrets/grafana_reader_password`
CREATE ROLE archive LOGIN PASSWORD :'archive_password';
CREATE ROLE grafana LOGIN PASSWORD :'grafana_password';
CREATE SCHEMA fraud AUTHORIZATION archive;
GRANT USAGE ON SCHEMA fraud TO grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE archive IN SCHEMA fraud GRANT SELECT ON TABLES TO grafana;
