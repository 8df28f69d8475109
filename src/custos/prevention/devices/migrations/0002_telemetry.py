from django.db import migrations

from custos.foundation.database.security import APP, scoped

CREATE = f"""
CREATE TABLE devices_telemetry (
    device_id uuid NOT NULL REFERENCES devices_device (id),
    reported_at timestamptz NOT NULL,
    topic text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    organization_id bigint NOT NULL,
    source text NOT NULL,
    data jsonb NOT NULL,
    device_time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    timing text NOT NULL CHECK (timing IN ('on_time', 'late', 'clock_ahead', 'clock_behind')),
    -- a message that comes twice is one row
    PRIMARY KEY (device_id, reported_at, topic, digest)
) PARTITION BY RANGE (reported_at);
-- clocks that are not believed, of the last day
CREATE INDEX devices_telemetry_clock ON devices_telemetry (organization_id, reported_at)
    WHERE timing IN ('clock_ahead', 'clock_behind');

-- Months that nobody expects (old retained states) go to the default partition.
CREATE TABLE devices_telemetry_default PARTITION OF devices_telemetry DEFAULT;
REVOKE ALL ON devices_telemetry_default FROM {APP};

CREATE FUNCTION devices_ensure_partitions(first_month date, last_month date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first_month)::date;
    child text;
    made integer := 0;
BEGIN
    IF last_month > first_month + interval '10 years' THEN
        RAISE EXCEPTION 'more than ten years of partitions were asked for';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('devices_ensure_partitions'));
    WHILE month <= last_month LOOP
        child := 'devices_telemetry_' || to_char(month, 'YYYY_MM');
        IF to_regclass('public.' || child) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF devices_telemetry FOR VALUES FROM (%L) TO (%L)', child,
                month::timestamp AT TIME ZONE 'UTC',
                (month + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format('REVOKE ALL ON %I FROM {APP}', child);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
"""

DROP = """
DROP FUNCTION devices_ensure_partitions(date, date);
DROP TABLE devices_telemetry;
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial"), ("database", "0001_initial")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(
            "SELECT devices_ensure_partitions((now() - interval '1 month')::date,"
            " (now() + interval '6 months')::date)",
            migrations.RunSQL.noop,
        ),
        scoped("devices_telemetry"),
        scoped("devices_device"),
        scoped("devices_refusedmessage"),
        migrations.RunSQL(
            f"REVOKE DELETE, TRUNCATE ON devices_device, devices_telemetry,"
            f" devices_refusedmessage FROM {APP}",
            migrations.RunSQL.noop,
        ),
    ]
