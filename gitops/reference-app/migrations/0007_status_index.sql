-- transactional: false
-- An index that is built while rows are written. One that was left half built goes first.
-- It waits for transactions that are older than itself, and holds up nobody meanwhile.
SET lock_timeout = '10min';
SET statement_timeout = '1h';

DROP INDEX CONCURRENTLY IF EXISTS records_module_status_id;
-- squawk-ignore ban-concurrent-index-creation-in-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS records_module_status_id ON records
    (module, status, id DESC);
