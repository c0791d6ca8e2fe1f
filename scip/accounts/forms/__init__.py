"""Forms of the profile and of evidence; they validate and save nothing with side effects."""

from scip.accounts.forms.prerequisites import PrerequisiteForm, form_for
from scip.accounts.forms.profile import ProfileForm, proposed_zone
from scip.accounts.forms.roles import ReturnForm, RoleForm, SecondFactorForm

__all__ = [
    "PrerequisiteForm",
    "ProfileForm",
    "ReturnForm",
    "RoleForm",
    "SecondFactorForm",
    "form_for",
    "proposed_zone",
]
