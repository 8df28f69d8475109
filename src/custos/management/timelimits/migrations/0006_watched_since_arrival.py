"""Clocks that a sheet or an earlier version began are watched since the arrival, as all others are.

They had the day on which they were begun, so that an end which had passed here before it was history.
"""

from django.db import migrations

SINCE_ARRIVAL = """
UPDATE timelimits_clock c SET watched_since = s.admitted_at
  FROM custody_custody s
 WHERE s.id = c.custody_id AND c.watched_since > s.admitted_at
"""


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0008_count_explained'),
        ('timelimits', '0005_warned_again'),
    ]

    operations = [migrations.RunSQL(SINCE_ARRIVAL, migrations.RunSQL.noop)]
