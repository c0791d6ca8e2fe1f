"""WSGI entry point for granian (or any WSGI server)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scip.settings")

application = get_wsgi_application()


def warm_up() -> None:
    """Load what the first visitor would wait for: every view, the frame of pages, the way to
    the broker. Half a second that no request pays; nothing outside the process is asked."""
    from django.template.loader import get_template
    from django.urls import reverse

    from scip.celery import app

    reverse("healthz")  # imports all URL modules and fills the table of names
    for frame in ("base.html", "base_app.html"):
        get_template(frame)
    app.finalize(auto=True)
    with app.connection_for_write() as broker, app.amqp.Producer(broker, auto_declare=False):
        pass  # not connected until it sends
    # Some 300,000 objects that live as long as the process: no collection has to walk them again.
    gc.collect()
    gc.freeze()


warm_up()
