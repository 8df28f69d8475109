"""Dated code tables, regions and data items."""

from django.db import models
from django.db.models import Q


class CodeTable(models.Model):
    """A list of codes, such as GB/T 2261.1-2003, with where it comes from."""

    id = models.CharField(primary_key=True, max_length=64)
    zh = models.CharField(max_length=100)
    en = models.CharField(max_length=100)
    source = models.CharField(max_length=200)
    confidence = models.CharField(max_length=2)

    def __str__(self) -> str:
        return self.id


class Code(models.Model):
    """One code and its meaning, from a day to a day; closed, never deleted."""

    table = models.ForeignKey(CodeTable, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=64)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    ga_code = models.CharField(max_length=64, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["table", "code"], condition=Q(valid_to__isnull=True), name="codes_code_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.zh}"


class Region(models.Model):
    """An administrative region; old codes stay, since old identity numbers hold them."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="codes_region_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DataItem(models.Model):
    """A data item of the catalogue; with an organization, one that it added for itself."""

    item = models.CharField(max_length=64)
    organization_id = models.BigIntegerField(null=True, blank=True)
    zh = models.CharField(max_length=100)
    en = models.CharField(max_length=100)
    type = models.CharField(max_length=16)
    table = models.ForeignKey(CodeTable, null=True, blank=True, on_delete=models.PROTECT)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    required = models.BooleanField(default=False)
    legal_basis = models.CharField(max_length=200)
    purpose = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "organization_id"], nulls_distinct=False, name="codes_item_once"
            ),
            models.CheckConstraint(
                condition=Q(type__in=["text", "integer", "date", "datetime", "code", "boolean"]),
                name="codes_item_type",
            ),
            models.CheckConstraint(
                condition=~Q(legal_basis="") & ~Q(purpose=""), name="codes_item_grounded"
            ),
        ]

    def __str__(self) -> str:
        return self.item
