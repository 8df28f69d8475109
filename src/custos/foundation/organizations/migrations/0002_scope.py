from django.db import migrations

from custos.foundation.database.security import scoped

# Two base records of one facility never hold on the same day. Core GiST has no equality for bigint,
# a range of one number has.
ONE_AT_A_TIME = """
ALTER TABLE organizations_baserecord ADD CONSTRAINT organizations_one_base_record_a_day
    EXCLUDE USING gist (int8range(organization_id, organization_id, '[]') WITH &&, during WITH &&);
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial"), ("database", "0001_initial")]
    operations = [
        migrations.RunSQL(
            ONE_AT_A_TIME,
            "ALTER TABLE organizations_baserecord DROP CONSTRAINT organizations_one_base_record_a_day",
        ),
        scoped("organizations_area"),
        scoped("organizations_cell"),
        scoped("organizations_room"),
        scoped("organizations_baserecord"),
        scoped("organizations_staffcount"),
        scoped("organizations_installation"),
    ]
