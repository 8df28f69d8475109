"""Managers that put the scope into the query itself; row-level security is the net below."""

from typing import TypeVar

from django.db import models

from custos.foundation.database.scope import Scope

M = TypeVar("M", bound=models.Model)


class ScopedManager(models.Manager[M]):
    """For models with an `organization` or an `organization_id`."""

    def visible_to(self, scope: Scope) -> models.QuerySet[M]:
        """The rows of organizations that the scope covers."""
        if scope.lowest == scope.highest:
            # An equality lets an index give a facility's rows in the order of its further columns.
            return self.filter(organization_id=scope.lowest)
        # Django has no `range` lookup on foreign keys.
        return self.filter(organization_id__gte=scope.lowest, organization_id__lte=scope.highest)
