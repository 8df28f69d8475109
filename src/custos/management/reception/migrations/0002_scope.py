from django.db import migrations

from custos.foundation.database.security import scoped


class Migration(migrations.Migration):
    dependencies = [("reception", "0001_initial"), ("database", "0001_initial")]
    operations = [scoped("reception_arrival"), scoped("reception_injuryphoto")]
