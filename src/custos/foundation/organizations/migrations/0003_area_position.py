from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_scope")]
    operations = [
        migrations.AddField("area", "position", models.PositiveSmallIntegerField(default=0)),
        migrations.RunSQL(
            "UPDATE organizations_area SET position = n.place FROM (SELECT id AS area, row_number()"
            " OVER (PARTITION BY organization_id ORDER BY id) AS place FROM organizations_area) AS n"
            " WHERE id = n.area",
            migrations.RunSQL.noop,
        ),
    ]
