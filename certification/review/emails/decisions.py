"""Letters about a decision. Only the one to the candidate holds its words; nobody of the committee
is named in it."""

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.candidacy.queries.windows import resubmission_window
from certification.review.emails.committee import letter, to_reader
from certification.review.models import Ask, Assignment, Decision
from scip.formats import deadline, money
from scip.mail.services import Address, Draft, queue_draft, render_letter


def to_read(decision: Decision, reader: Assignment) -> Draft:
    """A letter waits for a second pair of eyes."""
    return to_reader(
        reader,
        _("A decision waits for a second reader"),
        _(
            "The chair has written the answer to {name}’s submission. Before it goes, one member "
            "who is free of conflict reads it, and it could be you: the first who reads it "
            "answers for both."
        ).format(name=decision.user),
        _("You approve it, or give it back with a word of what you would change."),
        label=_("Read the letter"),
    )


def approved(decision: Decision, chair: Assignment) -> Draft:
    """The chair can send it."""
    return to_reader(
        chair,
        _("The letter can go"),
        _(
            "The second reader has approved the answer to {name}’s submission. Look at it once "
            "more as it will arrive, and send it; the office can do that too."
        ).format(name=decision.user),
        label=_("Open the decision"),
    )


def returned(decision: Decision, chair: Assignment) -> Draft:
    """The second reader would change something."""
    return to_reader(
        chair,
        _("The letter came back to you"),
        _(
            "The second reader has given the answer to {name}’s submission back, with a word on "
            "why. Everything you wrote is there."
        ).format(name=decision.user),
        label=_("Open the decision"),
    )


def tell_office_ready(decision: Decision, key: str) -> None:
    """CMSC hears that a letter is ready; not what it says."""
    draft = to_office(
        decision,
        _("An answer of the committee is ready to be sent"),
        _(
            "The answer to {name}’s submission is written and read by a second member. The "
            "chair sends it, or you do."
        ).format(name=decision.user),
        why=_("This letter goes to CMSC’s office. It tells that an answer is ready."),
    )
    queue_draft(draft, to=Address(email=settings.STAFF_EMAIL), dedupe_key=f"{key}:office")


def taken_back(decision: Decision) -> Draft:
    """The office took a letter back from its second reader while nobody is in the chair."""
    return to_office(
        decision,
        _("An answer of the committee was taken back"),
        _(
            "The answer to {name}’s submission is with no second reader any more. Nobody is in the "
            "chair: ask somebody to take it, or write the answer down anew."
        ).format(name=decision.user),
        why=_("This letter goes to CMSC’s office. It tells that an answer waits to be written."),
    )


def tell_office_returned(decision: Decision, key: str, *, is_ours: bool) -> None:
    """CMSC hears that the second reader gave a letter back while nobody is in the chair; words that
    were written in the chair (not ``is_ours``) wait for the next one there."""
    anew = _(
        "Write it down anew: your words stand there again, with theirs. Or ask somebody to take the chair."
    )
    waits = _("Its words are of somebody in the chair: ask another member to take it and go on.")
    draft = to_office(
        decision,
        _("An answer of the committee came back"),
        _(
            "The second reader has given the answer to {name}’s submission back, with a word on "
            "why, and nobody is in the chair. {go_on}"
        ).format(name=decision.user, go_on=anew if is_ours else waits),
        why=_("This letter goes to CMSC’s office. It tells that an answer waits to be written."),
    )
    queue_draft(draft, to=Address(email=settings.STAFF_EMAIL), dedupe_key=f"{key}:office")


def tell_office_taken_back(decision: Decision, key: str) -> None:
    """CMSC's colleagues hear of it."""
    office = Address(email=settings.STAFF_EMAIL)
    queue_draft(taken_back(decision), to=office, dedupe_key=f"{key}:office")


def to_office(decision: Decision, subject: str, text: str, *, why: str) -> Draft:
    """One letter to CMSC about a submission; no word of what is decided."""
    return letter(
        Address(email=settings.STAFF_EMAIL),
        subject=subject,
        name=_("colleague"),
        paragraphs=[text],
        button=(
            reverse("admin:review_submission_change", args=[decision.submission_id]),
            _("Open the submission"),
        ),
        fine_print=why,
    )


def decision_letter(decision: Decision, *, asks: Sequence[Ask] | None = None) -> Draft:
    """The committee's answer, as it goes to the candidate. Before it is sent, its window is told
    in months; then by its last day."""
    submission, edition = decision.submission, decision.submission.edition
    is_certified = decision.outcome == Decision.Outcome.CERTIFIED
    until = None
    if decision.sent_at is not None:
        sent_at = decision.sent_at
        until = resubmission_window(
            submission.candidacy, edition, told_at=sent_at, now=sent_at
        ).last_on
    user = submission.user
    context = {
        "name": user.first_name or _("colleague"),
        "decision": decision,
        "asks": decision.asks.all() if asks is None else asks,
        "terms": () if is_certified else terms_of(decision, until=until),
        "appeal": appeal_words(decision),
        "appeal_url": f"{settings.SITE_URL}{reverse('appeal:home')}",
        "button_url": f"{settings.SITE_URL}{reverse('submission:home')}",
        "button_label": _("See your answer") if is_certified else _("See your next steps"),
    }
    name = "certified" if is_certified else "development"
    return render_letter(f"review/emails/decision_{name}", user, context)


def terms_of(decision: Decision, *, until: date | None) -> list[str]:
    """What a resubmission takes: sessions, window, fee; in sentences."""
    edition = decision.submission.edition
    found = []
    if decision.further_sessions:
        found.append(
            ngettext(
                "{count} further supervision session comes first, with your supervisor or another "
                "one.",
                "{count} further supervision sessions come first, with your supervisor or another "
                "one.",
                decision.further_sessions,
            ).format(count=decision.further_sessions)
        )
    if until is not None:
        found.append(_("You can resubmit until {until}.").format(until=deadline(until)))
    else:
        found.append(
            ngettext(
                "You can resubmit within {count} month of this letter.",
                "You can resubmit within {count} months of this letter.",
                edition.resubmission_months,
            ).format(count=edition.resubmission_months)
        )
    found.append(_("Days on which you are on leave do not count towards it."))
    found.append(
        _(
            "Only the points above are read again. The fee for it is {price}. There is no limit "
            "to how often you try."
        ).format(price=money(edition.re_review_fee_cents, edition.currency))
    )
    return found


def appeal_words(decision: Decision) -> str:
    """The right of appeal, where the edition gives one against this answer."""
    edition = decision.submission.edition
    if decision.outcome == Decision.Outcome.CERTIFIED or not edition.appeal_of_decisions:
        return ""
    return ngettext(
        "If you see it differently, you can appeal within {count} day. Two supervisors who had no "
        "part in any of it then look again.",
        "If you see it differently, you can appeal within {count} days. Two supervisors who had "
        "no part in any of it then look again.",
        edition.appeal_days,
    ).format(count=edition.appeal_days)
