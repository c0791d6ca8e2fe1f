"""What stands beside a field in which something else was typed than was asked for."""

import re

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from scip.access.fields import MoneyField

STOCK = re.compile(r"Ensure|Enter|submitted|Select|[Vv]alid|characters? or")
MONEY = forms.DecimalField(max_digits=9, decimal_places=2, min_value=0)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (MONEY, "12345678901"),
        (MONEY, "1234567890.25"),
        (MONEY, "1.234"),
        (MONEY, "-1"),
        (MONEY, "much"),
        (MONEY, "NaN"),
        (MoneyField(), "12345678901"),
        (MoneyField(), "1.234"),
        (forms.IntegerField(max_value=9), "10"),
        (forms.IntegerField(step_size=5), "7"),
        (forms.IntegerField(), "ten"),
        (forms.FloatField(), "ten"),
        (forms.DateField(), "yesterday"),
        (forms.TimeField(), "noon"),
        (forms.DateTimeField(), "noon"),
        (forms.SplitDateTimeField(), ["31 June", "noon"]),
        (forms.ChoiceField(choices=[("a", "A")]), "b"),
        (forms.MultipleChoiceField(choices=[("a", "A")]), ["b"]),
        (forms.CharField(min_length=3), "ab"),
        (forms.CharField(max_length=1), "ab"),
        (forms.EmailField(), "ana"),
        (forms.URLField(assume_scheme="https"), "a b"),
        (forms.CharField(), ""),
        (forms.FileField(), SimpleUploadedFile("empty.csv", b"")),
        (forms.FileField(), "no file"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, forms.Field) else None,
)
def test_every_sentence_is_our_own(field: forms.Field, typed: object) -> None:
    with pytest.raises(ValidationError) as wrong:
        field.clean(typed)
    for sentence in wrong.value.messages:
        assert not STOCK.search(sentence), sentence
        assert sentence.endswith(".")
