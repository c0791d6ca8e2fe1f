from django.apps import AppConfig


class CandidacyConfig(AppConfig):
    name = "certification.candidacy"
    label = "candidacy"
