"""Letters about an appeal, all of one shape; the sentences stand here.

What the candidate wrote is in none of them: every colleague of the office reads what was sent. No
name of the panel is in any that goes to the candidate or the supervisor. Functions that return a
`Draft` are read by the office before they go.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from certification.review.emails.outcomes import (
    is_back,
    outcome_words,
    to_look_again,
    what_follows,
    what_it_means_for_you,
)
from certification.review.models import Appeal, AppealOutcome, PanelSeat
from scip.accounts.models import User
from scip.formats import deadline
from scip.mail.services import Address, Draft, Recipient, queue_draft, render_letter

type Quotes = Sequence[tuple[str, str]]


def note(
    to: Recipient,
    *,
    name: str,
    subject: str,
    paragraphs: Sequence[str],
    button: tuple[str, str],
    fine_print: str,
    quotes: Quotes = (),
) -> Draft:
    """Render one letter; ``button`` is a path and its label, ``quotes`` are headings with words."""
    path, label = button
    context = {
        "name": name,
        "subject": subject,
        "paragraphs": paragraphs,
        "quotes": quotes,
        "fine_print": fine_print,
        "button_url": f"{settings.SITE_URL}{path}",
        "button_label": label,
    }
    return render_letter("review/emails/appeal", to, context)


def promised(appeal: Appeal) -> str:
    """Until when its panel answers."""
    if appeal.answer_by_at is None:
        raise ValueError("This appeal has no clock yet.")
    return deadline(appeal.answer_by_at)


def to_candidate(appeal: Appeal, subject: str, *paragraphs: str, quotes: Quotes = ()) -> Draft:
    user: User = appeal.user
    return note(
        user,
        name=user.first_name or _("colleague"),
        subject=subject,
        paragraphs=paragraphs,
        quotes=quotes,
        button=(reverse("appeal:home"), _("See your appeal")),
        fine_print=_("You get this letter because of your appeal."),
    )


def to_member(seat: PanelSeat, subject: str, *paragraphs: str) -> Draft:
    member: User = seat.member
    return note(
        member,
        name=member.first_name or _("colleague"),
        subject=subject,
        paragraphs=paragraphs,
        button=(page_of(seat), _("Open the appeal")),
        fine_print=_(
            "You get this letter because CMSC asked you to hear an appeal. The person who appeals "
            "does not learn your name."
        ),
    )


def page_of(seat: PanelSeat) -> str:
    """Where it stands; while the office only looks at a letter there is no seat yet, so the desk."""
    return reverse("hearing:seat", args=[seat.pk]) if seat.pk else reverse("hearing:desk")


def to_office(appeal: Appeal, subject: str, *paragraphs: str, key: str) -> None:
    """Queue a letter to CMSC: who and when, never what."""
    to = Address(email=settings.STAFF_EMAIL)
    draft = note(
        to,
        name=_("colleagues"),
        subject=subject,
        paragraphs=paragraphs,
        button=(reverse("admin:review_appeal_change", args=[appeal.pk]), _("Open the appeal")),
        fine_print=_("This letter goes to CMSC’s office. It tells that something happened only."),
    )
    queue_draft(draft, to=to, dedupe_key=key)


def to_supervisor(
    appeal: Appeal, subject: str, *paragraphs: str, key: str, quotes: Quotes = ()
) -> None:
    """Queue a letter to the supervisor whose "not yet" it is about; nobody else has one."""
    if appeal.recommendation is None:
        return
    agreement = appeal.recommendation.agreement
    user: User = agreement.supervisor.user
    draft = note(
        user,
        name=user.first_name or _("colleague"),
        subject=subject,
        paragraphs=paragraphs,
        quotes=quotes,
        button=(reverse("supervision:recommendation", args=[agreement.pk]), _("Open your letter")),
        fine_print=_("You get this letter because you wrote a recommendation."),
    )
    queue_draft(draft, to=user, dedupe_key=key)


def filed_for_candidate(appeal: Appeal) -> Draft:
    """Their appeal is there; where the office filed it, why."""
    by_office = bool(appeal.opened_reason)
    return to_candidate(
        appeal,
        _("CMSC has filed your appeal for you") if by_office else _("Your appeal has reached CMSC"),
        *(on_behalf(appeal) if by_office else [
            _("Your appeal is filed, as you wrote it. It is a right, and using it is no step "
              "against anybody."),
        ]),
        _("Next, the office asks people who had no part in your way until now to look at it with "
          "fresh eyes. You will not hear their names, so that they can read freely."),
        _("You get their answer with its reasons by {day}. There is nothing that you need to do "
          "until then; you can take the appeal back at any time before.").format(
              day=promised(appeal)
        ),
    )  # fmt: skip


def filed(appeal: Appeal) -> None:
    """The candidate, the office and the supervisor hear that it is there."""
    stem = f"appeal:{appeal.pk}:filed"
    user: User = appeal.user
    by_office = bool(appeal.opened_reason)
    queue_draft(filed_for_candidate(appeal), to=user, dedupe_key=stem)
    to_office(
        appeal,
        _("An appeal is here: {name}").format(name=user),
        (
            _("{office} has filed an appeal for {name}. It waits for its panel.")
            if by_office
            else _("{name} has filed an appeal. It waits for its panel.")
        ).format(name=user, office=appeal.opened_by),
        _("The panel answers by {day}.").format(day=promised(appeal)),
        key=f"{stem}:office",
    )
    to_supervisor(
        appeal,
        _("{name} asks for a second look").format(name=user),
        _("{name} has asked CMSC to let others look at your “not yet”, as candidates may. It says "
          "nothing against your work with each other.").format(name=user),
        _("People who had no part in it read your letter and what is on record. There is nothing "
          "that you need to do. What you accompany goes on as before, and we write to you once "
          "there is an answer."),
        key=f"{stem}:supervisor",
    )  # fmt: skip


def on_behalf(appeal: Appeal) -> list[str]:
    """That the office filed it, and why."""
    return [
        _("CMSC’s office has filed an appeal on your behalf, against {answer}. It was done because: "
          "{reason}").format(answer=title_of(appeal), reason=appeal.opened_reason),
        _("An appeal is a right, and using it is no step against anybody. What was filed stands "
          "on your page, word for word. If it is not what you meant, you can take it back there, "
          "or answer this letter."),
    ]  # fmt: skip


def title_of(appeal: Appeal) -> str:
    """How letters name the answer in question to its candidate."""
    if appeal.decision_id is None:
        return _("your supervisor’s “not yet”")
    return _("the committee’s “further development needed”")


def withdrawn(appeal: Appeal) -> None:
    """It was taken back: a word to the candidate, the office and the supervisor."""
    stem = f"appeal:{appeal.pk}:withdrawn"
    draft = to_candidate(
        appeal,
        _("Your appeal is taken back"),
        _("Your appeal is closed and goes to nobody any more. What you wrote is kept for you."),
        _("While its time lasts, you can begin anew."),
    )
    queue_draft(draft, to=appeal.user, dedupe_key=stem)
    to_office(
        appeal,
        _("Taken back: the appeal of {name}").format(name=appeal.user),
        _("The appeal of {name} is closed. Whoever was asked to hear it knows.").format(
            name=appeal.user
        ),
        key=f"{stem}:office",
    )
    to_supervisor(
        appeal,
        _("The second look is not asked for any more"),
        _("{name} has taken the appeal back. Your letter stands as you wrote it.").format(
            name=appeal.user
        ),
        key=f"{stem}:supervisor",
    )


def superseded(appeal: Appeal) -> None:
    """A later letter of the supervisor ended it: a word to the candidate, the office and whoever
    wrote the letter in question."""
    stem = f"appeal:{appeal.pk}:superseded"
    draft = to_candidate(
        appeal,
        _("A later letter has taken the place of the one you appealed against"),
        _("Your supervisor has sent a later letter since you appealed, and that one holds now. So "
          "nobody has to decide about the earlier one any more, and your appeal is closed."),
        _("What you wrote is kept for you. Should the later letter say “not yet”, too, you can "
          "appeal against it, with its own time and with the same words if you like."),
    )  # fmt: skip
    queue_draft(draft, to=appeal.user, dedupe_key=stem)
    to_office(
        appeal,
        _("Closed by a later letter: the appeal of {name}").format(name=appeal.user),
        _("A later letter took the place of the one that {name} appealed against. The appeal is "
          "closed, and whoever was asked to hear it knows.").format(name=appeal.user),
        key=f"{stem}:office",
    )  # fmt: skip
    to_supervisor(
        appeal,
        _("The second look is not needed any more"),
        _("A later letter about {name} took the place of the one in question, so the appeal is "
          "closed.").format(name=appeal.user),
        key=f"{stem}:supervisor",
    )  # fmt: skip


def asked(seat: PanelSeat) -> Draft:
    """Will you hear it? Names the candidate and whose answer it is about, nothing of the content."""
    appeal = seat.appeal
    return to_member(
        seat,
        _("Would you hear an appeal?"),
        about(appeal),
        _("CMSC asks you to look at it with fresh eyes, because nothing on record ties you to the "
          "people in it. Before anything opens, please say whether something does that we cannot "
          "know; then you read, and give your answer with reasons before you see anybody else’s."),
        _("Please tell us by {day} whether you can. The panel answers by {end}.").format(
            day=deadline(seat.answer_due_at), end=promised(appeal)
        ),
    )  # fmt: skip


def about(appeal: Appeal) -> str:
    """Whose appeal, against whose answer."""
    if appeal.recommendation is not None:
        return _("{name} appeals against a “not yet” of {supervisor}.").format(
            name=appeal.user, supervisor=appeal.recommendation.agreement.supervisor
        )
    return _("{name} appeals against an answer of the committee.").format(name=appeal.user)


def reminder_now(seat: PanelSeat, *, now: datetime) -> Draft:
    """The reminder that fits this moment."""
    is_asked = seat.state == PanelSeat.State.ASKED
    due = seat.answer_due_at if is_asked else seat.appeal.answer_by_at
    return reminder(seat, is_late=due is not None and due < now)


def reminder(seat: PanelSeat, *, is_late: bool) -> Draft:
    """A reminder before or after the day: of the answer whether they can, or of the panel's."""
    if seat.state == PanelSeat.State.ASKED:
        words = (
            _("The day was {day}. If you cannot, saying so is help enough: we ask somebody else.")
            if is_late
            else _("We asked until {day}. If you cannot, saying so is help enough.")
        )
        return to_member(
            seat,
            _("Can you hear this appeal?"),
            about(seat.appeal),
            words.format(day=deadline(seat.answer_due_at)),
        )
    words = (
        _("The panel’s answer was promised for {day}. Should you need more time, write to us.")
        if is_late
        else _("The panel’s answer is promised for {day}. Everything you wrote so far is kept.")
    )
    return to_member(
        seat,
        _("Your answer to an appeal"),
        about(seat.appeal),
        words.format(day=promised(seat.appeal)),
    )


def released_draft(seat: PanelSeat) -> Draft:
    """Thank you; nothing more is asked."""
    return to_member(
        seat,
        _("You need not hear this appeal any more"),
        about(seat.appeal),
        _(
            "The panel goes on without you, or is not needed any more. Thank you for having been "
            "there. The appeal is closed to you, and nothing more is asked."
        ),
    )


def released(seat: PanelSeat) -> None:
    """Queue the same."""
    key = f"panelseat:{seat.pk}:released"
    queue_draft(released_draft(seat), to=seat.member, dedupe_key=key)


def declined(seat: PanelSeat) -> None:
    """The office hears that somebody else is needed."""
    to_office(
        seat.appeal,
        _("A seat is empty: the appeal of {name}").format(name=seat.appeal.user),
        _("{member} cannot hear it. Please ask somebody else.").format(member=seat.member),
        key=f"panelseat:{seat.pk}:declined",
    )


def no_longer_free(seat: PanelSeat) -> None:
    """The office hears that somebody may not hear it any more."""
    to_office(
        seat.appeal,
        _("A seat is empty: the appeal of {name}").format(name=seat.appeal.user),
        _("{member} may not hear it any more: a role has ended, or a tie came to light. Nothing "
          "opens to them. Please ask somebody else.").format(member=seat.member),
        key=f"panelseat:{seat.pk}:no-longer",
    )  # fmt: skip


def hearing(appeal: Appeal) -> None:
    """The panel is complete: a word to the candidate."""
    draft = to_candidate(
        appeal,
        _("Your appeal is being heard"),
        _("The people who hear it are there, and none of them had a part in it before. They read "
          "alone first, then give their answers."),
        _("You get the answer with its reasons by {day}.").format(
            day=promised(appeal)
        ),
    )  # fmt: skip
    queue_draft(draft, to=appeal.user, dedupe_key=f"appeal:{appeal.pk}:hearing")


def disagreed(appeal: Appeal, *, is_asked: bool) -> None:
    """The panel sees it differently: a third is asked, or the office has to find one."""
    to_office(
        appeal,
        _("A third is needed: the appeal of {name}").format(name=appeal.user),
        _("The panel does not agree, so a third person hears it, too."),
        _("Somebody was asked just now; you see whom on the page.")
        if is_asked
        else _("Nobody who is free of ties could be suggested. Please find somebody."),
        key=f"appeal:{appeal.pk}:third",
    )


def overdue(appeal: Appeal) -> None:
    """The office hears once that the promised day has passed."""
    to_office(
        appeal,
        _("Past its day: the appeal of {name}").format(name=appeal.user),
        _("The panel’s answer was promised for {day}. The page shows who is waited for.").format(
            day=promised(appeal)
        ),
        key=f"appeal:{appeal.pk}:overdue",
    )


def decided(appeal: Appeal) -> None:
    """The answer with its reasons to the candidate; outcome and instructions to the supervisor."""
    stem = f"appeal:{appeal.pk}:decided"
    instructions = [(_("What is asked now"), appeal.instructions)] if appeal.instructions else []
    draft = to_candidate(
        appeal,
        _("The answer to your appeal"),
        outcome_words(appeal),
        what_follows(appeal),
        quotes=[(_("The panel’s reasons"), appeal.reasons), *instructions],
    )
    queue_draft(draft, to=appeal.user, dedupe_key=stem)
    to_office(
        appeal,
        _("Decided: the appeal of {name}").format(name=appeal.user),
        outcome_words(appeal),
        _("The letters are on their way.")
        if appeal.decision_id is None or appeal.outcome == AppealOutcome.UPHELD or is_back(appeal)
        else _(
            "The submission could not go back to the committee by itself: something newer of this "
            "person is there or was answered, or the registration has ended. They read that you "
            "write to them about what follows; please look at it."
        ),
        key=f"{stem}:office",
    )
    to_supervisor(
        appeal,
        _("The second look at your letter"),
        outcome_words(appeal),
        what_it_means_for_you(appeal),
        quotes=instructions if to_look_again(appeal) is not None else (),
        key=f"{stem}:supervisor",
    )
