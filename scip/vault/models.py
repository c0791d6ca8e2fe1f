"""The row that stands for one confidential file."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Phrases about stored files."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> "StoredFileQuerySet":
        """Files that the person brought in.

        Anyone else's access comes from the row that the file belongs to (evidence, case material), so
        the owning app fetches that row with its own ``visible_to`` and follows it to the file.
        """
        if user.is_anonymous:
            return self.none()
        return self.filter(owner_id=user.pk)

    def readable(self) -> "StoredFileQuerySet":
        """Files that were not destroyed."""
        return self.filter(destroyed_at__isnull=True)


class StoredFile(models.Model):
    """An encrypted file: its facts here, its sealed bytes in the storage named "vault".

    ``owner`` cascades on purpose. The wrapped key lives only in this row, so deleting a person deletes
    the keys of their files in the same statement and what is left in storage (and in its backups) can't
    be opened; ``sweep_orphans`` then removes it. A file that has to outlive its owner's account is
    protected by the row that owns it, not here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="stored_files",
        verbose_name=_("owner"),
    )
    purpose = models.SlugField(_("purpose"), max_length=40)
    original_name = models.CharField(_("original name"), max_length=255, blank=True)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256 of the plaintext"), max_length=64, blank=True)
    storage_name = models.CharField(_("name in storage"), max_length=255, unique=True)
    wrapped_key = models.BinaryField(_("wrapped key"))
    key_id = models.CharField(_("wrapping key"), max_length=16, db_index=True, blank=True)
    chunk_size = models.PositiveIntegerField(_("chunk size in bytes"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True, editable=False)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                name="vault_destroyed_means_no_key",
                condition=(Q(destroyed_at__isnull=True) & ~Q(wrapped_key=b"") & ~Q(key_id=""))
                | Q(
                    destroyed_at__isnull=False,
                    wrapped_key=b"",
                    key_id="",
                    sha256="",
                    original_name="",
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def is_destroyed(self) -> bool:
        """Whether the key was wiped."""
        return self.destroyed_at is not None

    def forget(self, now: datetime) -> None:
        """Wipe what opens or describes the file, on the instance only; the caller saves.

        The name and the hash go too: a name often holds a person's name, and a hash recognises a document.
        """
        self.wrapped_key = b""
        self.key_id = ""
        self.sha256 = ""
        self.original_name = ""
        self.destroyed_at = now
