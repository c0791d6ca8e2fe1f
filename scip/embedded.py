"""What the project needs when nothing is configured: secrets kept in the data folder.

With no ``DATABASE_URL`` the project runs on its embedded parts (PostgreSQL, a
filesystem broker, local files), which all live in one data folder. Their secrets
are made once and stay beside the data that they protect.
"""

import base64
import os
import secrets
from pathlib import Path


def embedded_secrets(data_dir: Path) -> dict[str, str]:
    """Return the data folder's SECRET_KEY and VAULT_KEYS, making them on first use.

    Side effect: creates ``data_dir`` and, once, ``data_dir/secrets.env`` (mode 0600).
    Two processes starting together agree: the file appears whole, by a hard link.
    """
    path = data_dir / "secrets.env"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        vault_key = base64.b64encode(secrets.token_bytes(32)).decode()
        draft = data_dir / f".secrets.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(f"SECRET_KEY={secrets.token_urlsafe(48)}\nVAULT_KEYS={vault_key}\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first; its secrets are the ones that count
        finally:
            draft.unlink()
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line)
