from django.db import migrations

from custos.foundation.database.security import APP, append_only, scoped

CREATE = f"""
CREATE TABLE record_entry (
    seq bigint NOT NULL CHECK (seq > 0),
    id uuid PRIMARY KEY,
    suite smallint NOT NULL,
    kind text NOT NULL,
    version smallint NOT NULL,
    audience smallint NOT NULL,
    organization_id bigint NOT NULL,
    detainee_id uuid,
    custody_id uuid,
    cell_id uuid,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    by_kind text NOT NULL,
    by_ref text NOT NULL,
    by_post text NOT NULL,
    second_ref text NOT NULL,
    ground text NOT NULL,
    corrects_id uuid,
    because_id uuid,
    payload_digest bytea NOT NULL CHECK (octet_length(payload_digest) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) PARTITION BY RANGE (id);
-- chain order: verifying, exporting, "the latest of a facility"
CREATE INDEX record_entry_chain ON record_entry (organization_id, seq);
-- timelines of a person and of a cell, answers to an entry, corrections of an entry
CREATE INDEX record_entry_detainee ON record_entry (detainee_id, id) WHERE detainee_id IS NOT NULL;
CREATE INDEX record_entry_cell ON record_entry (cell_id, id) WHERE cell_id IS NOT NULL;
CREATE INDEX record_entry_because ON record_entry (because_id) WHERE because_id IS NOT NULL;
CREATE INDEX record_entry_corrects ON record_entry (corrects_id) WHERE corrects_id IS NOT NULL;

CREATE TABLE record_payload (
    id uuid PRIMARY KEY,
    organization_id bigint NOT NULL,
    audience smallint NOT NULL,
    salt bytea NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (id);

CREATE FUNCTION record_first_id(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- A partition is reached only through its parent, where row-level security and grants stand:
-- nobody but the owner holds a right on the partition itself.
CREATE FUNCTION record_ensure_partitions(first_month date, last_month date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first_month)::date;
    parent text;
    child text;
    made integer := 0;
BEGIN
    IF last_month > first_month + interval '60 years' THEN
        RAISE EXCEPTION 'more than sixty years of partitions were asked for';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('record_ensure_partitions'));
    WHILE month <= last_month LOOP
        FOREACH parent IN ARRAY ARRAY['record_entry', 'record_payload'] LOOP
            child := parent || to_char(month, '"_"YYYY"_"MM');
            IF to_regclass('public.' || child) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                    record_first_id(month::timestamp AT TIME ZONE 'UTC'),
                    record_first_id((month + interval '1 month') AT TIME ZONE 'UTC'));
                EXECUTE format('REVOKE ALL ON %I FROM {APP}', child);
                EXECUTE format(
                    'CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I'
                    ' FOR EACH STATEMENT EXECUTE FUNCTION custos_refuse_change()', child);
                made := made + 1;
            END IF;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

-- What arrives with an impossible date still has a place; `custos check` reports rows in it.
CREATE TABLE record_entry_default PARTITION OF record_entry DEFAULT;
CREATE TABLE record_payload_default PARTITION OF record_payload DEFAULT;
REVOKE ALL ON record_entry_default, record_payload_default FROM {APP};
"""

DROP = """
DROP FUNCTION record_ensure_partitions(date, date);
DROP TABLE record_payload;
DROP TABLE record_entry;
DROP FUNCTION record_first_id(timestamptz);
"""

ERASE = """
-- The only way by which a payload goes. The order must stand in the record first, in the same
-- transaction or before, by two different people, and name the entry. Returns the digests of the
-- files that no entry names any more.
CREATE FUNCTION record_erase_payload(entry uuid, erasure uuid) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    files text[];
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM record_entry order_, record_entry target
        WHERE order_.id = erasure AND order_.kind = 'record.payload_erased'
          AND order_.because_id = entry AND target.id = entry
          AND order_.organization_id = target.organization_id
          AND order_.second_ref <> '' AND order_.second_ref <> order_.by_ref
    ) THEN
        RAISE EXCEPTION 'no erasure of entry % by two people stands in the record', entry
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM record_payload WHERE id = entry;
    SELECT coalesce(array_agg(DISTINCT sha256), '{}') INTO files
    FROM record_attachment WHERE entry_id = entry;
    DELETE FROM record_attachment WHERE entry_id = entry;
    RETURN ARRAY(
        SELECT f FROM unnest(files) AS f
        WHERE NOT EXISTS (SELECT 1 FROM record_attachment WHERE sha256 = f));
END $$;
"""

HEAD_GROWS = """
CREATE FUNCTION record_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.seq <= OLD.seq OR NEW.organization_id <> OLD.organization_id THEN
        RAISE EXCEPTION 'the head of a chain only moves forward'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER head_grows BEFORE UPDATE OR DELETE ON record_head
    FOR EACH ROW EXECUTE FUNCTION record_head_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial"), ("database", "0001_initial")]
    operations = [
        migrations.RunSQL(CREATE, DROP),
        scoped("record_entry", audience="audience"),
        scoped("record_payload", audience="audience"),
        scoped("record_attachment", audience="audience"),
        scoped("record_head"),
        scoped("record_reactiondue"),
        scoped("record_checkpoint"),
        append_only("record_entry"),
        append_only("record_payload", erasable=True),
        append_only("record_attachment", erasable=True),
        append_only("record_checkpoint"),
        migrations.RunSQL(
            "REVOKE EXECUTE ON FUNCTION record_first_id(timestamptz) FROM PUBLIC;"
            "GRANT EXECUTE ON FUNCTION record_first_id(timestamptz) TO custos_app;",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(ERASE, "DROP FUNCTION record_erase_payload(uuid, uuid);"),
        migrations.RunSQL(
            HEAD_GROWS,
            "DROP TRIGGER head_grows ON record_head; DROP FUNCTION record_head_grows();",
        ),
        migrations.RunSQL(
            "SELECT record_ensure_partitions((now() - interval '2 months')::date,"
            " (now() + interval '6 months')::date)",
            migrations.RunSQL.noop,
        ),
    ]
