-- users.name is to be called display_name. Expand: both are there, and a trigger keeps them equal,
-- whichever of them a version of the application writes. NULL is what neither has set yet.
SET LOCAL lock_timeout = '1s';
SET LOCAL statement_timeout = '10s';

ALTER TABLE users ADD COLUMN IF NOT EXISTS display_name text;

CREATE OR REPLACE FUNCTION users_both_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.name := coalesce(NEW.name, NEW.display_name);
        NEW.display_name := coalesce(NEW.display_name, NEW.name);
    ELSIF NEW.display_name IS DISTINCT FROM OLD.display_name THEN
        NEW.name := NEW.display_name;
    ELSE
        NEW.display_name := NEW.name;
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS users_both_names ON users;
CREATE TRIGGER users_both_names BEFORE INSERT OR UPDATE ON users
FOR EACH ROW EXECUTE FUNCTION users_both_names();
