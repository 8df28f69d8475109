from django.db import migrations

from custos.foundation.database.security import APP, scoped

# Whose a token is says its row, so it must be read before there is a scope. Only who knows the
# whole token finds it, by its digest, and finds that one. Notes the use once a minute at most, so
# that a busy program doesn't write with every request.
TOKEN_OF = f"""
CREATE FUNCTION api_token_of(sought text, moment timestamptz) RETURNS SETOF api_token
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE api_token SET last_used_at = moment
    WHERE digest = sought AND revoked_at IS NULL AND expires_at > moment
      AND (last_used_at IS NULL OR last_used_at < moment - interval '1 minute');
    RETURN QUERY SELECT * FROM api_token
    WHERE digest = sought AND revoked_at IS NULL AND expires_at > moment;
END $$;
REVOKE EXECUTE ON FUNCTION api_token_of(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION api_token_of(text, timestamptz) TO {APP};
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("database", "0001_initial")]
    operations = [
        scoped("api_token", own="user_id"),
        scoped("api_answer"),
        scoped("api_upload"),
        migrations.RunSQL(TOKEN_OF, "DROP FUNCTION api_token_of(text, timestamptz);"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON api_token FROM {APP};",
            f"GRANT DELETE ON api_token TO {APP};",
        ),
    ]
