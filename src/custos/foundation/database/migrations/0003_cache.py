from django.db import migrations


class Migration(migrations.Migration):
    """The table of Django's database cache: what has to be remembered by all processes at once."""

    dependencies = [("database", "0002_pulse")]
    operations = [
        migrations.RunSQL(
            sql="""
            CREATE TABLE custos_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX custos_cache_expires ON custos_cache (expires);
            """,
            reverse_sql="DROP TABLE custos_cache;",
        )
    ]
