from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "scip.directory"
    label = "directory"
