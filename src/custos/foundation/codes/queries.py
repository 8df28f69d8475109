"""What codes mean."""

from datetime import date

from django.db.models import Q
from django.utils.translation import get_language

from custos.foundation.codes.models import Code


def label(table: str, code: str, day: date) -> str:
    """The meaning of a code on a day, in the active language; the code itself where unknown."""
    found = (
        Code.objects.filter(table_id=table, code=code, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .first()
    )
    if found is None:
        return code
    return found.en if (get_language() or "").startswith("en") else found.zh
