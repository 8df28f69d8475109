from django.db import migrations

# Of all stays that began before an instant, few still hold it; but how far back the oldest of those
# begins is known only from how long stays last. So each stands in a class of length, doubling from one
# to the next: class 0 is shorter than a day, class k shorter than 2^k days, class 13 longer than eleven
# years or not ended. Of a class only those are looked at that began within its length.
LENGTHS = """
ALTER TABLE custody_cellstay ADD COLUMN length_class smallint GENERATED ALWAYS AS ({placed}) STORED;
ALTER TABLE custody_custody ADD COLUMN length_class smallint GENERATED ALWAYS AS ({held}) STORED;
CREATE INDEX custody_roll_by_length ON custody_cellstay
    (organization_id, length_class, began_at, until_at) INCLUDE (cell_id, custody_id);
CREATE INDEX custody_held_by_length ON custody_custody
    (organization_id, length_class, admitted_at, held_until);
DROP INDEX custody_roll_by_end;
CREATE INDEX custody_place_then ON custody_cellstay (custody_id, began_at, until_at)
    INCLUDE (organization_id, cell_id);
CREATE INDEX custody_out_by_begin ON custody_absence (organization_id, left_at, back_at)
    INCLUDE (custody_id);
"""
CLASS = """
    coalesce(width_bucket(extract(epoch FROM {end} - {begin}), ARRAY[{limits}]::numeric[]), 13)::smallint
"""
LIMITS = ",".join(str(86_400 * 2**k) for k in range(13))
UNDONE = """
DROP INDEX custody_out_by_begin, custody_place_then;
CREATE INDEX custody_roll_by_end ON custody_cellstay (organization_id, until_at, began_at)
    INCLUDE (cell_id, custody_id);
ALTER TABLE custody_custody DROP COLUMN length_class;
ALTER TABLE custody_cellstay DROP COLUMN length_class;
"""


def _class(begin: str, end: str) -> str:
    return CLASS.format(begin=begin, end=end, limits=LIMITS)


class Migration(migrations.Migration):

    dependencies = [("custody", "0005_places")]

    operations = [
        migrations.RunSQL(
            LENGTHS.format(
                placed=_class("lower(during)", "upper(during)"), held=_class("admitted_at", "ended_at")
            ),
            UNDONE,
        ),
    ]
