import django.db.models.deletion
from django.db import migrations, models

import custos.foundation.database.ids
from custos.foundation.database.security import scoped

#: A clinician's answers of admissions that are begun, and the audience that reads them.
STEP, AUDIENCE = "health", 2


class Migration(migrations.Migration):
    dependencies = [("ui", "0002_scope"), ("database", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="DraftApart",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=custos.foundation.database.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.BigIntegerField()),
                ("step", models.CharField(max_length=64)),
                ("audience", models.SmallIntegerField()),
                ("values", models.JSONField(default=dict)),
                (
                    "draft",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="ui.draft",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("draft", "step"), name="ui_draft_apart_once")
                ],
            },
        ),
        # By the database: whoever finishes or gives up a draft may not see what goes with it.
        migrations.RunSQL(
            "ALTER TABLE ui_draftapart ADD CONSTRAINT ui_draft_apart_of FOREIGN KEY (draft_id)"
            " REFERENCES ui_draft (id) ON DELETE CASCADE",
            "ALTER TABLE ui_draftapart DROP CONSTRAINT ui_draft_apart_of",
        ),
        migrations.RunSQL(
            f"""
            INSERT INTO ui_draftapart (id, organization_id, draft_id, step, audience, "values")
            SELECT gen_random_uuid(), organization_id, id, '{STEP}', {AUDIENCE},
                   steps #> '{{{STEP},values}}'
            FROM ui_draft WHERE wizard = 'admission' AND steps #> '{{{STEP},values}}' IS NOT NULL;
            UPDATE ui_draft SET steps = jsonb_set(steps, '{{{STEP},values}}', '{{}}')
            WHERE wizard = 'admission' AND steps #> '{{{STEP},values}}' IS NOT NULL;
            """,
            f"""
            UPDATE ui_draft SET steps = jsonb_set(steps, ARRAY[apart.step, 'values'], apart."values")
            FROM ui_draftapart apart WHERE apart.draft_id = ui_draft.id;
            """,
        ),
        scoped("ui_draftapart", audience="audience"),
    ]
