import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import custos.foundation.database.ids
from custos.foundation.database.security import scoped


def find_those_who_are_there(apps, _schema_editor):
    """Give everybody on the record their tokens; nobody has facts yet."""
    from custos.foundation.custody.people import names

    detainee, custody, token = (
        apps.get_model("custody", name) for name in ("Detainee", "Custody", "Token")
    )
    numbers = {}
    for person, number in custody.objects.values_list("detainee_id", "number").iterator():
        numbers.setdefault(person, []).append(number)

    def blind(_purpose, _text):
        raise AssertionError("nobody has a document yet")

    def rows():
        for person in detainee.objects.only("id", "name", "organization_id").iterator():
            found = names.of_person([person.name], numbers.get(person.pk, ()), (), blind)
            for one in sorted(found):
                yield token(
                    token=one, organization_id=person.organization_id, detainee_id=person.pk
                )

    batch = []
    for row in rows():
        batch.append(row)
        if len(batch) == 5000:
            token.objects.bulk_create(batch)
            batch = []
    token.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("custody", "0003_list"), ("organizations", "0003_area_position")]
    operations = [
        migrations.AddField(
            model_name="detainee",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="custody.detainee",
            ),
        ),
        migrations.CreateModel(
            name="FactRow",
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
                ("sort", models.CharField(max_length=32)),
                ("says", models.JSONField()),
                ("sealed", models.BinaryField(null=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "custody",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fact_rows",
                        to="custody.custody",
                    ),
                ),
                (
                    "detainee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fact_rows",
                        to="custody.detainee",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "custody_fact",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                        name="custody_fact_ends_after_it_begins",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "token",
                        "organization_id",
                        "detainee_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("token", models.CharField(db_collation="C", max_length=255)),
                ("organization_id", models.IntegerField()),
                ("detainee_id", models.UUIDField()),
            ],
            options={
                "db_table": "custody_token",
                "indexes": [models.Index(fields=["detainee_id"], name="custody_tokens_of")],
            },
        ),
        migrations.CreateModel(
            name="Merge",
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
                ("at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custody.detainee",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        to="organizations.organization",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custody.detainee",
                    ),
                ),
            ],
            options={
                "db_table": "custody_merge",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["other"],
                        condition=Q(undone_at__isnull=True),
                        name="custody_merged_once",
                    ),
                    models.CheckConstraint(
                        condition=~Q(kept=F("other")), name="custody_merges_two"
                    ),
                ],
            },
        ),
        scoped("custody_fact"),
        scoped("custody_token"),
        scoped("custody_merge"),
        # What is written by the owner comes in under nobody's scope.
        migrations.RunPython(find_those_who_are_there, migrations.RunPython.noop),
    ]
