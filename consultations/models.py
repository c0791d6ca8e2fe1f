"""Clinical topics of Level B."""

from typing import Any, Self

from django.db import models


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: Any) -> Self:
        """Topics are public."""
        return self

    def offered(self) -> Self:
        """Those the public page names."""
        return self.filter(is_offered=True)


class Topic(models.Model):
    """What a consultation group is about; edited by the office."""

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_offered = models.BooleanField(default=True)

    objects = TopicQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
