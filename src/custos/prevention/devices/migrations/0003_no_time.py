from django.db import migrations

WITH = "'on_time', 'late', 'clock_ahead', 'clock_behind', 'no_time'"
WITHOUT = "'on_time', 'late', 'clock_ahead', 'clock_behind'"
WRONG = "'clock_ahead', 'clock_behind', 'no_time'"


def _timings(allowed: str, wrong: str) -> str:
    return f"""
    ALTER TABLE devices_telemetry DROP CONSTRAINT devices_telemetry_timing_check;
    ALTER TABLE devices_telemetry ADD CONSTRAINT devices_telemetry_timing_check
        CHECK (timing IN ({allowed}));
    DROP INDEX devices_telemetry_clock;
    CREATE INDEX devices_telemetry_clock ON devices_telemetry (organization_id, reported_at)
        WHERE timing IN ({wrong});
    """


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_telemetry")]
    operations = [
        migrations.RunSQL(_timings(WITH, WRONG), _timings(WITHOUT, "'clock_ahead', 'clock_behind'"))
    ]
