"""Absolute addresses, for letters, papers and badges that are read elsewhere."""

from django.conf import settings
from django.urls import reverse


def absolute(name: str, *args: object) -> str:
    """The absolute address of this app's page with this name."""
    return f"{settings.SITE_URL}{reverse(f'credentials:{name}', args=args)}"
