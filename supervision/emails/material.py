"""The letter that says that case material is there; neither title nor content leaves the site."""

from django.utils.translation import gettext as _

from supervision.emails.agreements import send
from supervision.models import CaseMaterial


def material_handed(material: CaseMaterial) -> None:
    send(
        "material_handed",
        material.agreement.supervisor.user,
        material.agreement,
        f"material:{material.pk}",
        page="supervision:material",
        label=_("Look at it"),
        is_shown_in_person=material.is_shown_in_person,
    )
