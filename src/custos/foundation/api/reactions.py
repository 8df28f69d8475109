"""What the API does when law has something erased."""

from custos.foundation.api import idempotency
from custos.foundation.record.kinds import PayloadErased
from custos.foundation.record.reactions import Event, on
from custos.foundation.record.services import Deed


@on(PayloadErased, emits=[])
def erase_answers(event: Event, _deed: Deed) -> None:
    """Answers kept for their repetition may say what is erased."""
    if event.about.detainee_id:
        idempotency.erase(event.about.detainee_id)
