"""Whoever was held on no document before that was said is told by the first sweeps.

A clock whose file has a document that ended is looked at at once: the sweep asks the gate what holds them.
"""

from django.db import migrations

LOOK_NOW = """
UPDATE timelimits_clock c SET next_at = least(c.next_at, f.until)
  FROM (SELECT custody_id, max(until) AS until FROM custody_fact
         WHERE sort = 'basis' AND until IS NOT NULL
         GROUP BY custody_id) f
 WHERE f.custody_id = c.custody_id AND c.held AND c.unheld_since IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0010_how_documents_ended'),
        ('timelimits', '0007_held_on_no_document'),
    ]

    operations = [migrations.RunSQL(LOOK_NOW, migrations.RunSQL.noop)]
