from django.db import migrations

from custos.foundation.database.security import scoped

# Core GiST has no operator class for uuid. A range type of one gives it equality by overlap, which
# is all that "nobody is in two places" needs.
ONE_PLACE = """
CREATE TYPE uuidrange AS RANGE (subtype = uuid);
ALTER TABLE custody_cellstay ADD CONSTRAINT custody_one_place_at_a_time
    EXCLUDE USING gist (uuidrange(custody_id, custody_id, '[]') WITH &&, during WITH &&);
"""


class Migration(migrations.Migration):
    dependencies = [("custody", "0001_initial")]
    operations = [
        migrations.RunSQL(
            ONE_PLACE,
            "ALTER TABLE custody_cellstay DROP CONSTRAINT custody_one_place_at_a_time;"
            "DROP TYPE uuidrange;",
        ),
        scoped("custody_detainee"),
        scoped("custody_custody"),
        scoped("custody_cellstay"),
    ]
