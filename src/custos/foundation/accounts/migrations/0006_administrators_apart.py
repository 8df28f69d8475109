from django.db import migrations

APART = """
-- No account holds an administrator's role together with another role or a duty post on any day. The
-- row of the account is locked first, so that of two postings made at once one sees the other. Sees
-- all organizations: the other posting may stand where whoever makes this one doesn't look.
CREATE FUNCTION accounts_posting_apart() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    administrators CONSTANT text[] := ARRAY['system_admin', 'security_admin', 'audit_admin'];
BEGIN
    PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT 1 FROM accounts_staff WHERE id = NEW.staff_id AND user_id = NEW.user_id) THEN
        RAISE EXCEPTION 'a posting belongs to the account of its member of staff'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM accounts_posting other
        WHERE other.user_id = NEW.user_id AND other.id <> NEW.id
          AND other.post <> NEW.post
          AND (other.post = ANY (administrators) OR NEW.post = ANY (administrators))
          AND daterange(other.since, other.until, '[]') && daterange(NEW.since, NEW.until, '[]')
    ) THEN
        RAISE EXCEPTION 'an administrator holds no other role' USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER posting_apart BEFORE INSERT OR UPDATE ON accounts_posting
    FOR EACH ROW EXECUTE FUNCTION accounts_posting_apart();
REVOKE EXECUTE ON FUNCTION accounts_posting_apart() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_administrators")]
    operations = [
        migrations.RunSQL(
            APART,
            "DROP TRIGGER posting_apart ON accounts_posting; DROP FUNCTION accounts_posting_apart();",
        ),
    ]
