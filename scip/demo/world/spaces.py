"""What a group says to itself: an announcement, materials, two conversations, an affinity space."""

import uuid
from datetime import timedelta

from cohorts.models import Cohort, Enrolment
from scip.accounts.models import User
from scip.community.models import AffinitySpace
from scip.community.services.announcements import send_announcement
from scip.community.services.discussion import reply, start_thread
from scip.community.services.materials import add_material, publish_material
from scip.community.services.spaces import join_space
from scip.demo.world import texts
from scip.demo.world.company import DAY, HOUR, Company
from scip.demo.world.stage import Story


def is_shared(company: Company, cohort: Cohort, leader: User) -> Story:
    """The space of a cohort from its first session on."""
    first = cohort.begins_at
    yield first + 4 * HOUR
    send_announcement(
        cohort,
        subject=texts.ANNOUNCEMENT[0],
        body=texts.ANNOUNCEMENT[1],
        by=leader,
        token=token(company),
    )
    session = cohort.sessions.get(number=1)
    for title, note, url in texts.MATERIALS:
        material = add_material(
            cohort, title=title, note=note, session=session, url=url, document=None, by=leader
        )
        publish_material(material, by=leader)
    yield first + 9 * DAY
    people = [
        enrolment.user
        for enrolment in Enrolment.objects.filter(cohort=cohort)
        .taking_part()
        .select_related("user")
        .order_by("pk")
    ]
    for title, *posts in texts.CONVERSATIONS:
        author, *others = [*people[: len(posts) - 1], leader]
        thread = start_thread(
            cohort, title=title, body=posts[0], by=author, token=token(company), now=company.now
        )
        for number, words in enumerate(posts[1:]):
            yield company.now + timedelta(hours=5)
            by = others[number % len(others)]
            reply(thread, body=words, by=by, token=token(company), now=company.now)
    space = AffinitySpace.objects.create(
        name=texts.AFFINITY[0], description=texts.AFFINITY[1], host=leader
    )
    for user in people[:3]:
        join_space(space, by=user)


def token(company: Company) -> uuid.UUID:
    """What a form would have carried; the same in every run."""
    return uuid.UUID(int=company.draw.getrandbits(128), version=4)
