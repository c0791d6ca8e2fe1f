from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "scip.pages"
    label = "pages"
