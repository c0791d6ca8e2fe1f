"""The admin site: the office's workplace."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class ConsoleSite(AdminSite):
    """Sign-in through the site's own pages (rate limits, second factor), never the admin's form."""

    site_header = _("SCIP Pathway office")
    site_title = _("SCIP Pathway office")
    index_title = _("What waits for you")
