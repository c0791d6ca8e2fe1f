from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "scip.audit"
    label = "audit"
