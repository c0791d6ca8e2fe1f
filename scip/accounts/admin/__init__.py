"""The office's pages about people and their evidence."""

from scip.accounts.admin.people import UserAdmin
from scip.accounts.admin.prerequisites import PrerequisiteAdmin

__all__ = ["PrerequisiteAdmin", "UserAdmin"]
