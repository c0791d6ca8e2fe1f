"""Entries are facts: the database refuses to change or delete them (see the migration)."""

from django.db import models
from django.utils import timezone


class Entry(models.Model):
    """One thing that happened.

    Carries ids, codes and salted hashes only; free text stays in the row that can be
    erased. People are kept as plain ids, so erasing a person never touches the log.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor_id = models.BigIntegerField(null=True, editable=False, db_index=True)
    subject_id = models.BigIntegerField(null=True, editable=False)
    action = models.CharField(max_length=80, editable=False)
    object_type = models.CharField(max_length=80, blank=True, editable=False)
    object_id = models.CharField(max_length=64, blank=True, editable=False)
    data = models.JSONField(default=dict, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-id"], name="audit_of_person"),
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_object"),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.object_type} {self.object_id}"


class Seal(models.Model):
    """An entry's place in the hash chain, added after commit by the one sealer."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    hash = models.BinaryField(max_length=32, unique=True)
    previous_hash = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"{self.position} {bytes(self.hash).hex()[:12]}"
