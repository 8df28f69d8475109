"""What the pages of an admission show beside its fields."""

from typing import Any

from django import template

from custos.management.reception.admission import services
from custos.management.reception.models import InjuryPhoto

register = template.Library()


@register.simple_tag
def injury_photos(draft: Any) -> list[InjuryPhoto]:
    """The photos that were added to an admission so far. One query."""
    return services.photos_of(draft)
