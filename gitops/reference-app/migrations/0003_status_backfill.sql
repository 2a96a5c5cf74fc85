-- transactional: false
-- Old rows get their value, a thousand at a time: no lock is held for longer than one batch.
-- May be killed and run again.
SET lock_timeout = '1s';
SET statement_timeout = '1h';

DO $$
DECLARE
    reached bigint := 0;
    newest bigint;
BEGIN
    SELECT coalesce(max(id), 0) INTO newest FROM records;
    WHILE reached < newest LOOP
        UPDATE records SET status = 'open'
        WHERE id > reached AND id <= reached + 1000 AND status IS NULL;
        reached := reached + 1000;
        COMMIT;
    END LOOP;
END
$$;
