"""Passkeys, authenticator app and recovery codes; and the whole way by keyboard alone."""

from typing import Any

from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from cohorts.models import Application, Cohort
from scip.accounts.models import Role, RoleGrant, User
from tests import world
from tests.cohorts.admission import make_applicant
from tests.factors import TO_TYPE, code_from
from tests.journeys.visitor import Visitor

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_a_device(visitor: Visitor) -> None:
    """The browser has a phone's key store, and its owner is there."""
    devices = visitor.context.new_cdp_session(visitor.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def sign_in(visitor: Visitor, user: User) -> None:
    visitor.go("/accounts/login/", look=False)
    visitor.field("Email").fill(user.email)
    visitor.field("Password").fill(world.PASSWORD)
    visitor.press("Sign in", look=False)


def sign_out(visitor: Visitor) -> None:
    visitor.page.locator("[data-menu] summary").click()
    visitor.press("Sign out", look=False)


def test_a_passkey_signs_in(someone: Any, edition: Any) -> None:
    user = make_applicant()
    ana = someone()
    with_a_device(ana)
    sign_in(ana, user)
    ana.go("/accounts/2fa/")
    ana.follow("Add a passkey")
    if ana.page.get_by_label("Password").is_visible():
        ana.field("Password").fill(world.PASSWORD)
        ana.press("Go on")
    ana.field("Name").fill("my phone")
    for box in ana.page.get_by_role("checkbox").all():
        box.check()
    with ana.page.expect_navigation():
        ana.button("Add it").click()
    ana.look()
    assert Authenticator.objects.get(user=user, type="webauthn").wrap().name == "my phone"
    sign_out(ana)
    ana.go("/accounts/login/")
    with ana.page.expect_navigation(url="**/pathway/"):
        ana.button("Sign in with a passkey").click()
    ana.at("/pathway/")


def test_an_app_and_recovery_codes_for_somebody_with_a_role(someone: Any, edition: Any) -> None:
    user = make_applicant(name="Fabio")
    RoleGrant.objects.create(user=user, role=Role.FACILITATOR, since="2020-01-01")
    fabio = someone()
    sign_in(fabio, user)
    # Nothing opens before there is a second factor.
    fabio.go("/facilitate/")
    fabio.at("/accounts/2fa/")
    fabio.reads("it needs a second factor")
    fabio.follow("Set up an app")
    if fabio.page.get_by_label("Password").is_visible():
        fabio.field("Password").fill(world.PASSWORD)
        fabio.press("Go on")
    secret = fabio.page.locator("#totp-key").inner_text()
    fabio.field("Authenticator code").fill(code_from(secret, lasting=TO_TYPE))
    fabio.press("Set it up")
    codes = fabio.page.locator(".code-list li").all_inner_texts()
    assert len(codes) == len(set(codes)) == 10
    fabio.go("/accounts/2fa/recovery-codes/")
    expect(fabio.page.get_by_text(codes[0])).to_have_count(0)
    fabio.go("/facilitate/")
    # A lost phone: a recovery code opens once.
    sign_out(fabio)
    sign_in(fabio, user)
    fabio.look()
    fabio.field("Code").fill(codes[0])
    fabio.press("Sign in", look=False)
    fabio.go("/facilitate/", look=False)
    fabio.at("/facilitate/")
    sign_out(fabio)
    sign_in(fabio, user)
    fabio.field("Code").fill(codes[0])
    fabio.press("Sign in", look=False)
    fabio.reads("This is not the current code.")


def tab_to(page: Page, words: str, *, limit: int = 60) -> None:
    """Press Tab until the focus is on what is called so; it must be visible there."""
    for _press in range(limit):
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(
            """() => {
                const item = document.activeElement;
                const style = getComputedStyle(item);
                const label = item.labels?.[0]?.innerText || item.getAttribute('aria-label')
                  || item.innerText || item.value || '';
                const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
                return [label.trim(), shown || style.boxShadow !== 'none'];
            }"""
        )
        assert outlined or not name, f"the focus on {name} cannot be seen"
        if name.startswith(words):
            return
    raise AssertionError(f"Tab never reached {words}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_signing_in_and_applying_by_keyboard_alone(someone: Any, edition: Any) -> None:
    cohort: Cohort = world.make_cohort(title="Spring cohort", slug="spring")
    user = make_applicant()
    ana = someone()
    page, keys = ana.page, ana.page.keyboard
    ana.go("/cohorts/spring/", look=False)
    tab_to(page, "Skip to the content")
    keys.press("Enter")
    tab_to(page, "I have an account")
    enter(page)
    tab_to(page, "Email")
    keys.type(user.email)
    tab_to(page, "Password")
    keys.type(world.PASSWORD)
    enter(page)
    ana.at("/cohorts/spring/")
    tab_to(page, "Start an application")
    enter(page)
    tab_to(page, "Continue")
    enter(page)
    tab_to(page, "Continue")
    enter(page)
    for words in ("What draws you", "Tell us about your practice", "What is self-compassion"):
        tab_to(page, words)
        keys.type("A few words.")
    tab_to(page, "I have looked at the dates")
    keys.press("Space")
    tab_to(page, "Save and continue")
    enter(page)
    page.locator("[name=tier]").first.focus()
    keys.press("ArrowDown")
    tab_to(page, "Save and continue")
    enter(page)
    tab_to(page, "Send my application")
    enter(page)
    ana.reads("Your application is with the office")
    # The dialog takes the focus, Escape gives it back.
    tab_to(page, "Withdraw my application")
    keys.press("Enter")
    expect(ana.button("Keep as it is")).to_be_focused()
    keys.press("Escape")
    expect(ana.button("Withdraw my application")).to_be_focused()
    application = Application.objects.get(user=user, cohort=cohort)
    assert application.state == "submitted"
