from django.db import migrations

from custos.foundation.database.security import APP

# The application may delete neither: it asks for this, which leaves the last three months alone.
CREATE = f"""
CREATE FUNCTION devices_forget(telemetry_before timestamptz, refused_before timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    child text;
    gone bigint;
    total bigint := 0;
BEGIN
    IF greatest(telemetry_before, refused_before) > now() - interval '90 days' THEN
        RAISE EXCEPTION 'what devices said is kept for 90 days at least'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('devices_ensure_partitions'));
    FOR child IN
        SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid
        WHERE inhparent = 'devices_telemetry'::regclass AND relname ~ '_[0-9]{{4}}_[0-9]{{2}}$'
          AND (to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC'
              <= telemetry_before
    LOOP
        EXECUTE format('SELECT count(*) FROM %I', child) INTO gone;
        EXECUTE format('DROP TABLE %I', child);
        total := total + gone;
    END LOOP;
    DELETE FROM devices_telemetry_default WHERE reported_at < telemetry_before;
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    DELETE FROM devices_refusedmessage WHERE last_received_at < refused_before;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN total + gone;
END $$;
REVOKE ALL ON FUNCTION devices_forget(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION devices_forget(timestamptz, timestamptz) TO {APP};
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0003_no_time")]
    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION devices_forget(timestamptz, timestamptz);"),
    ]
