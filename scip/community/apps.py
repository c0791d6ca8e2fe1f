from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "scip.community"
    label = "community"
    verbose_name = "groups' spaces"
