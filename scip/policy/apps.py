from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "scip.policy"
    label = "policy"
