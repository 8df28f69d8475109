"""What the tests of the API share."""

import pytest

from custos.foundation.database import scope
from custos.foundation.organizations.models import Organization
from tests.factories import SYSTEM, a_facility


@pytest.fixture
def facility(db: None) -> Organization:
    with scope.entered(SYSTEM):
        return a_facility()
