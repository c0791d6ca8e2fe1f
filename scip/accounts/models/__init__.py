from scip.accounts.models.people import Role, RoleGrant, User
from scip.accounts.models.prerequisites import Prerequisite

__all__ = ["Prerequisite", "Role", "RoleGrant", "User"]
