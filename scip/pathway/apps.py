from django.apps import AppConfig


class PathwayConfig(AppConfig):
    name = "scip.pathway"
    label = "pathway"
