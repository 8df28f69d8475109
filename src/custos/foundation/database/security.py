"""Migration operations for row-level security and for append-only tables.

The application's role (`custos_app`) never owns a table. What it may do is granted; what it may see
is a policy. Conditions use only leakproof comparisons (=, >=, <= on integers), so that an index on
the same column still serves the query; the settings are read in sub-selects, which PostgreSQL
evaluates once a query and not once a row.
"""

from django.db import migrations

APP, OWNER, PIPELINE = "custos_app", "custos_owner", "custos_pipeline"

#: What every policy asks for.
SCOPE_SETTINGS = "current_setting('custos."

LOWEST = "(SELECT NULLIF(current_setting('custos.lowest', true), '')::bigint)"
HIGHEST = "(SELECT NULLIF(current_setting('custos.highest', true), '')::bigint)"
_AUDIENCES = (
    "(SELECT NULLIF(current_setting('custos.audiences', true), '')::smallint[])::smallint[]"
)
_USER = "(SELECT NULLIF(current_setting('custos.user', true), '')::bigint)"


def scoped(
    table: str,
    *,
    organization: str = "organization_id",
    audience: str | None = None,
    own: str | None = None,
) -> migrations.RunSQL:
    """Put `table` under row-level security.

    Rows are seen and written only where column `organization` lies in the scope's range and, where
    named, column `audience` is among its audiences. `own` names a column with an account's id: rows
    of the scope's own account are seen besides.
    """
    condition = f"{organization} >= {LOWEST} AND {organization} <= {HIGHEST}"
    if audience:
        condition += f" AND {audience} = ANY ({_AUDIENCES})"
    readable = f"({condition}) OR {own} = {_USER}" if own else condition
    return migrations.RunSQL(
        sql=f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY scope ON {table} TO {APP} USING ({readable}) WITH CHECK ({condition});
        """,
        reverse_sql=f"""
        DROP POLICY scope ON {table};
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


REFUSE_CHANGE = migrations.RunSQL(
    sql="""
    CREATE FUNCTION custos_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are appended and never changed (%)', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Append a correction that names the row instead.';
    END $$;
    """,
    reverse_sql="DROP FUNCTION custos_refuse_change();",
)


#: Tables that migrations make so, once those have been read.
APPENDED: set[str] = set()


def append_only(table: str, *, erasable: bool = False) -> migrations.RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on `table`, by grant and by trigger.

    `erasable` leaves DELETE to a function of the owner (lawful erasure); the application's role has
    no grant for it in either case.
    """
    APPENDED.add(table)
    events = "UPDATE" if erasable else "UPDATE OR DELETE"
    return migrations.RunSQL(
        sql=f"""
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP};
        CREATE TRIGGER refuse_change BEFORE {events} ON {table}
            FOR EACH ROW EXECUTE FUNCTION custos_refuse_change();
        CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION custos_refuse_change();
        """,
        reverse_sql=f"""
        DROP TRIGGER refuse_truncate ON {table};
        DROP TRIGGER refuse_change ON {table};
        GRANT UPDATE, DELETE ON {table} TO {APP};
        """,
    )
