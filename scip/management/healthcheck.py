"""``python -m scip.management.healthcheck``: does the site in this container answer?"""

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 4.0


def answers(port: int, site_url: str) -> bool:
    """Ask ``/healthz`` under the site's own name, since other names are turned away."""
    host = urlsplit(site_url).hostname or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    found = answers(int(os.environ.get("PORT", "8000")), os.environ.get("SITE_URL", ""))
    sys.exit(0 if found else 1)
