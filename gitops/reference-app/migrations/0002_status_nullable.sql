-- Nullable first: the version that runs now neither reads nor writes the column.
-- The default is for new rows only, so that the backfill has an end.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '10s';

ALTER TABLE records ADD COLUMN IF NOT EXISTS status text;
ALTER TABLE records ALTER COLUMN status SET DEFAULT 'open';
