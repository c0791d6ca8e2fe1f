"""The one mover of state machines. Nothing else assigns a ``state``."""

from scip.states.mover import IllegalMove, Stateful, lock, move

__all__ = ["IllegalMove", "Stateful", "lock", "move"]
