from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "scip.mail"
    label = "mail"
