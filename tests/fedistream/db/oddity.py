"""A model with a kind of field that has no column type."""

from tortoise import fields
from tortoise.fields.base import Field
from tortoise.models import Model


class OddField(Field[str]):
    SQL_TYPE = "ODD"


class Odd(Model):
    id = fields.IntField(primary_key=True)
    odd = OddField()
