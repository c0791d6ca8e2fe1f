from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "scip.demo"
    label = "demo"
