"""How documents ended before that stood beside them is told by the entries that ended them.

Without it a revoked arrest would count as ended by no paper, and give its detention back (刑事诉讼法 第93条).
"""

from django.db import migrations

#: An entry bears the instant at which its document ended, in its name too: by that, and by the person, an
#: index finds it in one month of the record. Minutes, since a name keeps milliseconds alone.
SAID_BY_ENTRIES = """
UPDATE custody_fact f SET ended_how = convert_from(p.body, 'UTF8')::jsonb ->> 'how'
  FROM record_entry e, record_payload p
 WHERE f.sort = 'basis' AND f.until IS NOT NULL AND f.ended_how = ''
   AND e.kind = 'custody.document_ended' AND e.detainee_id = f.detainee_id
   AND e.id >= record_first_id(f.until - interval '1 minute')
   AND e.id < record_first_id(f.until + interval '1 minute')
   AND p.id = e.id
   AND convert_from(p.body, 'UTF8')::jsonb ->> 'fact' = f.id::text
"""


class Migration(migrations.Migration):

    dependencies = [
        ('custody', '0009_how_a_document_ended'),
        ('record', '0004_witnessed_stays'),
    ]

    operations = [migrations.RunSQL(SAID_BY_ENTRIES, migrations.RunSQL.noop)]
