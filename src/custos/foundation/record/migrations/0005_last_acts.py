from django.db import migrations

from custos.foundation.database.security import APP, HIGHEST, LOWEST

LAST_ACTS = f"""
-- When members of staff last wrote anything at an organization of the scope, and nothing else of it: whoever
-- asks needn't be among the readers of what they wrote. What is sealed (5) or the prosecutor's (6) is left
-- out: that somebody wrote anything just then would say who complained.
CREATE FUNCTION record_last_acts(organization bigint, refs text[], back integer)
RETURNS TABLE (ref text, last_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT lately.by_ref, max(lately.recorded_at)
    FROM (
        SELECT entry.by_ref, entry.recorded_at FROM record_entry entry
        WHERE entry.organization_id = $1 AND entry.audience <> ALL ('{{5, 6}}'::smallint[])
          AND $1 >= {LOWEST} AND $1 <= {HIGHEST}
        ORDER BY entry.seq DESC LIMIT $3
    ) lately
    WHERE lately.by_ref = ANY ($2)
    GROUP BY lately.by_ref
$$;
REVOKE EXECUTE ON FUNCTION record_last_acts(bigint, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_last_acts(bigint, text[], integer) TO {APP};
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0004_witnessed_stays")]
    operations = [
        migrations.RunSQL(LAST_ACTS, "DROP FUNCTION record_last_acts(bigint, text[], integer);")
    ]
