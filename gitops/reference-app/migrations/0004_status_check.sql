-- NOT NULL without reading the table under a lock, 1 of 3: from now on no new row is without.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '10s';

ALTER TABLE records ADD CONSTRAINT records_status_not_null CHECK (status IS NOT NULL) NOT VALID;
