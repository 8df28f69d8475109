"""Who is to leave on a document that was received before stands so on their clock, too."""

from django.db import migrations

SAID = """
UPDATE timelimits_clock c SET leaves_since = r.received_at, leaves_by = r.due_at
  FROM reception_release r
 WHERE r.custody_id = c.custody_id AND r.closed_at IS NULL AND r.received_at IS NOT NULL
   AND r.paper IS NOT NULL AND c.held
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reception', '0005_arrival_tells'),
        ('timelimits', '0010_to_leave_by_a_document'),
    ]

    operations = [migrations.RunSQL(SAID, migrations.RunSQL.noop)]
