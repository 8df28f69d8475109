from django.db import migrations, models

# What each state promised when it began: the rule stands in the row as it was then.
_FILL = """
UPDATE duty_task SET wanted_by = CASE WHEN accepted_at IS NULL THEN opened_at ELSE accepted_at END
    + make_interval(
        hours => (rule -> within ->> 'hours')::int, mins => (rule -> within ->> 'minutes')::int)
FROM (SELECT id AS task, CASE WHEN accepted_at IS NULL THEN 'accept_within' ELSE 'answer_within' END
      AS within FROM duty_task) AS promised
WHERE id = task
"""


class Migration(migrations.Migration):
    dependencies = [("duty", "0002_scope")]
    operations = [
        migrations.AddField("task", "wanted_by", models.DateTimeField(null=True)),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AlterField("task", "wanted_by", models.DateTimeField()),
        migrations.RemoveIndex("task", "duty_task_now"),
        migrations.AddIndex(
            "task",
            models.Index(
                fields=["organization", "severity", "-state", "wanted_by"],
                condition=models.Q(state__in=["accepted", "open"]),
                name="duty_task_now",
            ),
        ),
    ]
