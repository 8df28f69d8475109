from django.db import migrations

from custos.foundation.database.security import APP, scoped

ONCE = """
-- What was asked never changes, each later fact is written once, and nothing goes.
CREATE FUNCTION accounts_confirmation_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.second_id IS NOT NULL OR NEW.confirmed_at IS NOT NULL OR NEW.declined_at IS NOT NULL
           OR NEW.used_at IS NOT NULL THEN
            RAISE EXCEPTION 'a confirmation begins unanswered' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP <> 'UPDATE'
       OR (NEW.id, NEW.organization_id, NEW.act, NEW.content, NEW.digest, NEW.ground, NEW.asked_at,
           NEW.expires_at, NEW.first_id, NEW.first_staff_id)
          IS DISTINCT FROM
          (OLD.id, OLD.organization_id, OLD.act, OLD.content, OLD.digest, OLD.ground, OLD.asked_at,
           OLD.expires_at, OLD.first_id, OLD.first_staff_id)
       OR (OLD.second_id IS NOT NULL AND (NEW.second_id, NEW.second_staff_id, NEW.confirmed_at, NEW.declined_at)
          IS DISTINCT FROM (OLD.second_id, OLD.second_staff_id, OLD.confirmed_at, OLD.declined_at))
       OR OLD.used_at IS NOT NULL THEN
        RAISE EXCEPTION 'a confirmation is answered once and used once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmation_once BEFORE INSERT OR UPDATE OR DELETE ON accounts_confirmation
    FOR EACH ROW EXECUTE FUNCTION accounts_confirmation_once();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_confirmation"), ("database", "0001_initial")]
    operations = [
        scoped("accounts_confirmation"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON accounts_confirmation FROM {APP};", migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            ONCE,
            "DROP TRIGGER confirmation_once ON accounts_confirmation;"
            "DROP FUNCTION accounts_confirmation_once();",
        ),
    ]
