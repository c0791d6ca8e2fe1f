from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ConsoleConfig(AppConfig):
    name = "scip.console"
    label = "console"
    default = True


class ConsoleAdminConfig(admin.AdminConfig):
    """Django's own admin, with our site."""

    default_site = "scip.console.site.ConsoleSite"
    default = False
