-- transactional: false
-- The trigger fills the new column in; the old one is written as it is.
SET lock_timeout = '1s';
SET statement_timeout = '1h';

DO $$
DECLARE
    reached bigint := 0;
    newest bigint;
BEGIN
    SELECT coalesce(max(id), 0) INTO newest FROM users;
    WHILE reached < newest LOOP
        UPDATE users SET name = name
        WHERE id > reached AND id <= reached + 1000 AND display_name IS NULL;
        reached := reached + 1000;
        COMMIT;
    END LOOP;
END
$$;
