"""The one table of this module: signs of life."""

from django.db import models


class Pulse(models.Model):
    """When a part of the running system last did its work; no personal data, seen by everybody."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
