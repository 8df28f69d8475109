from django.db import migrations

from custos.foundation.database.security import APP, scoped


class Migration(migrations.Migration):
    dependencies = [("duty", "0001_initial"), ("database", "0001_initial")]
    operations = [
        scoped("duty_task"),
        # A task ends by an answer or a reason, never by going.
        migrations.RunSQL(f"REVOKE DELETE, TRUNCATE ON duty_task FROM {APP}", migrations.RunSQL.noop),
    ]
