-- What is new in version 5:
--
-- A commit is one row: the checkpoint and the first of its changes, if that is small. The change is found by its place like all others,
-- in `changes`, where it comes when the checkpoint gets its own place; until then it is found here.
--
-- The table's name is new, so that who still has the file open as one of version 4 does not miss changes, but the table.
DROP VIEW found_checkpoints;
ALTER TABLE checkpoint_rows RENAME TO commits;
ALTER TABLE commits ADD COLUMN channel TEXT;
ALTER TABLE commits ADD COLUMN kind INTEGER;
ALTER TABLE commits ADD COLUMN log INTEGER;
ALTER TABLE commits ADD COLUMN length INTEGER;
ALTER TABLE commits ADD COLUMN value_format INTEGER;
ALTER TABLE commits ADD COLUMN value BLOB;
ALTER TABLE commits ADD COLUMN change_sum INTEGER;
CREATE VIEW found_checkpoints (namespace, id, checkpoint) AS
    SELECT namespace, id, checkpoint FROM places
    UNION ALL
    SELECT namespace, id, key FROM commits
    WHERE key > (SELECT value FROM counters WHERE name = 'placed');
CREATE VIEW found_changes (branch, channel, seq, kind, log, length, format, sum, large, value) AS
    SELECT branch, channel, seq, kind, log, length, format, sum, large, value FROM changes
    UNION ALL
    SELECT branch, channel, seq, kind, log, length, value_format, change_sum, NULL, value FROM commits
    WHERE key > (SELECT value FROM counters WHERE name = 'placed') AND channel IS NOT NULL;
