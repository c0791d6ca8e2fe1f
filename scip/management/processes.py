"""Child processes that never outlive the process which started them.

Every long-running child gets a session of its own, so that a Ctrl-C in the
terminal reaches only the supervisor, which then ends the children in order.
On Linux the kernel sends a child its ending signal should the parent vanish
(``kill -9`` included); on macOS, which has no such service, the next start
cleans up instead.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def follow_parent(signum: signal.Signals) -> None:
    """Ask the kernel to send this process ``signum`` when its parent dies (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def _preparation(signum: signal.Signals) -> Callable[[], None]:
    """Return what the child runs between fork and exec."""
    parent = os.getpid()

    def prepare() -> None:
        follow_parent(signum)
        # The parent may have died before the request above took effect.
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def spawn(
    command: Sequence[str],
    *,
    end_with: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: int | IO[bytes] | None = None,
    as_user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, tied to the life of this process.

    ``end_with`` is the signal that the kernel sends when this process dies.
    ``output`` takes both streams of the child (default: inherited).
    ``as_user`` drops root for another account; only root may ask for it.

    Call it from the main thread, before others run: Linux counts the death of the *thread* that
    started a child as the death of its parent.
    """
    account = pwd.getpwnam(as_user) if as_user else None
    return subprocess.Popen(
        command,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        # Safe as long as no other thread runs while forking; see the docstring.
        preexec_fn=_preparation(end_with),  # noqa: PLW1509
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id exists (a zombie counts as gone on Linux)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def command_line(pid: int) -> str:
    """Return the command line of a process, or an empty string when there is none."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        if sys.platform == "linux":
            return ""
    answer = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Wait until a process that is not our child has ended; False when it still runs."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_group(leader: int) -> None:
    """Kill what is left of the session that ``leader`` opened; nothing left is fine."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        # macOS answers so when only zombies are left in the group.
        return


def end(child: subprocess.Popen[bytes], signum: signal.Signals, seconds: float) -> bool:
    """Ask a child to end, wait, then kill its whole session. True when it went by itself."""
    if child.poll() is None:
        child.send_signal(signum)
    try:
        child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill_group(child.pid)
        child.wait()
        return False
    kill_group(child.pid)
    return True
