"""The API of the whole program: every module's operations behind one door.

An operation is listed here by its module's router; `operations()` says of each who may use it.
"""

from custos.foundation.api import routing
from custos.foundation.api.door import Api
from custos.foundation.api.routes import accounts, codes, node, organizations, record
from custos.foundation.api.routing import Operation, Router
from custos.foundation.custody.api import router as custody
from custos.foundation.custody.place_api import router as places
from custos.management.reception.api import router as reception
from custos.management.reception.arrival_api import router as arrivals
from custos.management.reception.importing.api import router as sheets
from custos.management.reception.release.api import router as release
from custos.management.timelimits.api import router as timelimits
from custos.prevention.devices.api import router as devices
from custos.prevention.duty.api import router as duty
from custos.prevention.duty.assessment.api import router as assessment
from custos.prevention.duty.handover.api import router as handovers
from custos.prevention.duty.roster.api import router as roster
from custos.prevention.duty.rounds.api import router as rounds
from custos.prevention.duty.shifts.api import router as shifts

ROUTERS: tuple[Router, ...] = (
    custody,
    places,
    reception,
    release,
    timelimits,
    arrivals,
    sheets,
    duty,
    assessment,
    rounds,
    shifts,
    handovers,
    roster,
    devices,
    organizations.router,
    record.router,
    codes.router,
    accounts.router,
    node.router,
)

api = Api()
for _router in ROUTERS:
    api.add_router("", _router)


def operations() -> list[Operation]:
    """Every operation, with the posts and the scope that it declares."""
    return list(routing.operations(ROUTERS))
