"""The Celery application. Work is enqueued by task name, on commit; see docs/architecture.md."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scip.settings")

app = Celery("scip")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
