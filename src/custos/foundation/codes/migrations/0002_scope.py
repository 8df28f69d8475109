from django.db import migrations

from custos.foundation.database.security import APP

# National items are read by everybody; an organization's own by whoever its scope covers. National
# ones are written under the whole node's scope only.
_LOWEST = "(SELECT NULLIF(current_setting('custos.lowest', true), '')::bigint)"
_HIGHEST = "(SELECT NULLIF(current_setting('custos.highest', true), '')::bigint)"
_OWN = f"organization_id >= {_LOWEST} AND organization_id <= {_HIGHEST}"
_WHOLE = f"organization_id IS NULL AND {_LOWEST} <= 100000000 AND {_HIGHEST} >= 199999999"


class Migration(migrations.Migration):
    dependencies = [("codes", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE codes_dataitem ENABLE ROW LEVEL SECURITY;"
            f"CREATE POLICY scope ON codes_dataitem TO {APP}"
            f" USING ((organization_id IS NULL AND {_LOWEST} IS NOT NULL) OR ({_OWN}))"
            f" WITH CHECK (({_WHOLE}) OR ({_OWN}));",
            "DROP POLICY scope ON codes_dataitem;"
            "ALTER TABLE codes_dataitem DISABLE ROW LEVEL SECURITY;",
        )
    ]
