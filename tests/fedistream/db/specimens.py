"""Models with every kind of field that has a column type, and the ways in which they refer to each other."""

from decimal import Decimal
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Shelf(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=20, unique=True)

    class Meta:
        table = "shelf"


class Keyword(Model):
    word = fields.CharField(max_length=30, primary_key=True)

    class Meta:
        table = "keyword"


class Book(Model):
    id = fields.UUIDField(primary_key=True)
    shelf: fields.ForeignKeyNullableRelation[Shelf] = fields.ForeignKeyField(
        "models.Shelf", null=True, on_delete=fields.SET_NULL
    )
    twin: fields.OneToOneNullableRelation["Book"] = fields.OneToOneField("models.Book", null=True, related_name="other")
    keywords: fields.ManyToManyRelation[Keyword] = fields.ManyToManyField("models.Keyword", through="book_keyword")
    price = fields.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))
    lent = fields.BooleanField(db_default=False)
    copies = fields.SmallIntField(default=1)
    pages = fields.IntField(db_index=True)
    sold = fields.BigIntField(default=0)
    weight = fields.FloatField(default=0.0)
    text = fields.TextField(default="")
    cover = fields.BinaryField(null=True)
    more: fields.Field[dict[str, Any]] = fields.JSONField()
    printed = fields.DateField(null=True)
    read_for = fields.TimeDeltaField(null=True)
    opens = fields.TimeField(null=True)
    added = fields.DatetimeField()

    class Meta:
        table = "book"
        unique_together = (("shelf", "price"),)
        indexes = (("sold", "added"), Index(fields=("weight",), name="by_weight"))
