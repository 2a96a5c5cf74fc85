-- 3 of 3: the constraint proves it, so that the table is not read again.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '10s';

-- squawk-ignore adding-not-nullable-field
ALTER TABLE records ALTER COLUMN status SET NOT NULL;
-- The column says the same now.
-- squawk-ignore ban-drop-constraint
ALTER TABLE records DROP CONSTRAINT IF EXISTS records_status_not_null;
