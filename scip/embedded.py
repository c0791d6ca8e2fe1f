"""What the project needs when nothing is configured: secrets kept in the data folder.

With no ``DATABASE_URL`` the project runs on its embedded parts (PostgreSQL, a
filesystem broker, local files), which all live in one data folder. Their secrets
are made once and stay beside the data that they protect.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from scip.signing import in_one_line, make_chain


def embedded_secrets(data_dir: Path) -> dict[str, str]:
    """Return the data folder's SECRET_KEY, VAULT_KEYS and SIGNING_*, making them on first use.

    Side effect: creates ``data_dir`` and, once, ``data_dir/secrets.env`` and
    ``data_dir/signing.env`` (mode 0600).
    """
    vault_key = base64.b64encode(secrets.token_bytes(32)).decode()
    return _kept(
        data_dir / "secrets.env",
        lambda: {"SECRET_KEY": secrets.token_urlsafe(48), "VAULT_KEYS": vault_key},
    ) | _kept(data_dir / "signing.env", _signing)


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The lines of the file as names and values, made on first use.

    Two processes starting together agree: the file appears whole, by a hard link.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.parent / f".{path.stem}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{name}={value}\n" for name, value in make().items()))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first; its secrets are the ones that count
        finally:
            draft.unlink()
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _signing() -> dict[str, str]:
    """A chain of its own, so that papers and badges are signed here as they are for real."""
    chain, key = make_chain("Self-Compassion in Psychotherapy (practice)")
    return {"SIGNING_CERT": in_one_line(chain), "SIGNING_KEY": in_one_line(key)}
