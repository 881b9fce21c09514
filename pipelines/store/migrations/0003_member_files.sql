-- How many files of the export an entry of the import report means: one, or those of a folder that share a fate.
ALTER TABLE source_members ADD COLUMN files BIGINT DEFAULT 1;

-- For analysts: how many files of each source were parsed, skipped, unknown, damaged or private.
CREATE OR REPLACE VIEW members_read AS
SELECT run_id, source, status, sum(files)::BIGINT AS members, sum(records) AS records
FROM source_members GROUP BY ALL;
