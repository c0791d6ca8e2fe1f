"""The one mover of state machines. Nothing else assigns a ``state``."""

from scip.states.mover import IllegalMove, Stateful, lock, move, share

__all__ = ["IllegalMove", "Stateful", "lock", "move", "share"]
