-- 2 of 3: the table is read, and may be written meanwhile.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '1h';

ALTER TABLE records VALIDATE CONSTRAINT records_status_not_null;
