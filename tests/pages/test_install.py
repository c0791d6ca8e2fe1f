"""``install_pathway``: the first rows, once, and never over the office's own."""

import re

import pytest
from django.core.management import call_command

from consultations.models import Topic
from scip.pages.models import FacultyMember, FaqEntry
from scip.policy.models import Edition

pytestmark = pytest.mark.django_db


def test_a_new_site_has_everything_its_pages_need(client) -> None:
    call_command("install_pathway", verbosity=0)
    edition = Edition.objects.get()
    assert (edition.name, str(edition.in_force_from)) == ("2026 edition", "2026-01-01")
    assert edition.certification_total_cents == 305_000
    assert list(FacultyMember.objects.values_list("name", flat=True)) == [
        "Galia Tyano Ronen",
        "Jorge C. Armesto",
        "Shari Geller",
        "Anna Friis",
    ]
    assert Topic.objects.count() == 10
    assert FaqEntry.objects.count() == 19
    assert set(FaqEntry.objects.values_list("topic", flat=True)) == set(FaqEntry.Topic.values)
    for path in ("/", "/faq/", "/faculty/", "/consultations/", "/fees/"):
        assert client.get(path).status_code == 200


def test_again_changes_nothing_that_the_office_did() -> None:
    call_command("install_pathway", verbosity=0)
    Edition.objects.update(review_fee_cents=1)
    FacultyMember.objects.filter(name="Anna Friis").delete()
    FaqEntry.objects.filter(topic="money").delete()
    Topic.objects.filter(slug="trauma").update(name="Trauma and grief", is_offered=False)
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Edition, FacultyMember, FaqEntry, Topic)
    ]
    call_command("install_pathway", verbosity=0)
    after = [
        list(model.objects.order_by("pk").values())
        for model in (Edition, FacultyMember, FaqEntry, Topic)
    ]
    assert before == after


def test_answers_name_no_figure_that_the_edition_holds() -> None:
    """They would go stale when the office changes it; SCIP's versions and MSC's formats may stay."""
    call_command("install_pathway", verbosity=0)
    allowed = re.compile(r"SCIP 1\.0, 2\.0 or 3\.0|8-week|10-week|5-day")
    for entry in FaqEntry.objects.all():
        assert not re.search(r"\d", allowed.sub("", entry.answer)), entry.question


def test_links_of_answers_lead_to_pages(client) -> None:
    call_command("install_pathway", verbosity=0)
    paths = {entry.link_path.split("#")[0] for entry in FaqEntry.objects.exclude(link_path="")}
    assert len(paths) >= 5
    for path in paths:
        assert client.get(path).status_code == 200
    with_anchor = FaqEntry.objects.filter(link_path__contains="#")
    for entry in with_anchor:
        path, anchor = entry.link_path.split("#")
        assert f'id="{anchor}"' in client.get(path).content.decode()
