"""Pages that are there for a moment only: while something waits for an answer, or halfway through signing in."""

from __future__ import annotations

import re
from datetime import timedelta

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core import mail
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from activities.models import TalkPlan, TalkSeat
from backend.accounts.models import Role, User
from backend.roster.access import children_visible_to, reader_in_role
from backend.roster.models import Area
from backend.roster.services.assessments import assess_child
from backend.roster.services.grants import propose_grant
from matching.models import MatchingRun, Pairing
from matching.services.schemes import install_presets
from matching.services.trials import Wish, try_out

PASSWORD = "a-long-password-of-nobody"


def cookies_of(client, language):
    """The browser's cookies of a test client."""
    held = [{"name": name, "value": morsel.value} for name, morsel in client.cookies.items() if morsel.value]
    return [one for one in held if one["name"] != settings.LANGUAGE_COOKIE_NAME] + [
        {"name": settings.LANGUAGE_COOKIE_NAME, "value": language}
    ]


def _in(user):
    """Somebody who has just given their password once more."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    request = RequestFactory().get("/")
    request.session = session = client.session
    record_authentication(request, user, "password", reauthenticated=True)
    session.save()
    return client


def _long_ago(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _coordinator(people):
    user = people[Role.COUNTY_COORDINATOR]
    return user, reader_in_role(user, Role.COUNTY_COORDINATOR, timezone.now())


def lowered(people):
    actor, _reader = _coordinator(people)
    second = people[Role.SCHOOL_COORDINATOR]
    reader = reader_in_role(second, Role.SCHOOL_COORDINATOR, timezone.now())
    child = children_visible_to(reader).filter(heart_level__gt=1).order_by("pk").first()
    pending = assess_child(
        child=child, assessed_date=timezone.localdate(), actor=actor, now=timezone.now(), heart_level=1,
        reason="爸爸回来了", second=second,
    )  # fmt: skip
    return _in(second), reverse("web:child-lower", args=[child.public_id, pending.public_id])


def swapped(people):
    actor, _reader = _coordinator(people)
    plan = TalkPlan.objects.order_by("pk").first()
    seat = TalkSeat.objects.filter(plan=plan).order_by("pk").first()
    return _in(actor), reverse("web:talk-swap", args=[plan.public_id]) + f"?one={seat.public_id}"


def tried(people):
    actor, reader = _coordinator(people)
    run = MatchingRun.objects.filter(state="DONE").order_by("pk").first()
    someone = run.proposals.get().pairs.exclude(helper=None).order_by("pk").first().helper
    area = Area.objects.filter(kind="TOWNSHIP").order_by("code").first()
    wishes = [Wish(kind="LIMIT", people=[someone.public_id])]
    trial = try_out(run=run, area=area, wishes=wishes, actor=actor, reader=reader, now=timezone.now())
    return _in(actor), reverse("web:trial", args=[run.proposals.get().public_id, trial.public_id])


def renewed(people):
    actor, _reader = _coordinator(people)
    scheme = Pairing.objects.order_by("pk").first().slot.rule.scheme
    install_presets(scheme.county, now=timezone.now() + timedelta(days=200))
    return _in(actor), reverse("web:renewal", args=[scheme.public_id])


def changed(people):
    actor, _reader = _coordinator(people)
    scheme = MatchingRun.objects.order_by("pk").first().scheme
    scheme.limit_per_helper = (scheme.limit_per_helper or 2) + 1
    scheme.save()
    return _in(actor), reverse("web:scheme-restore", args=[scheme.public_id])


def proposed(people):
    now, admin = timezone.now(), people[Role.ADMIN]
    grant = propose_grant(
        user=people[Role.TEACHER], role=Role.COUNTY_COORDINATOR, reason="县里新来的同事", expires_at=now + timedelta(days=90),
        actor=admin, reader=reader_in_role(admin, Role.ADMIN, now), now=now, area=Area.objects.get(kind="COUNTY"),
    )  # fmt: skip
    return _in(admin), reverse("web:grant-refuse", args=[grant.public_id])


def _with_password(people):
    user = people[Role.VILLAGE_DIRECTOR]
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


def _with_second_factor(people):
    user = _with_password(people)
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
    return user


def forgotten(people):
    user, client = _with_password(people), Client()
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body).group()
    return client, client.get(link).url


def coded(people):
    client = Client()
    client.post(reverse("account_request_login_code"), {"email": _with_password(people).email})
    return client, reverse("account_confirm_login_code")


def halfway(people):
    user, client = _with_second_factor(people), Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client, reverse("mfa_authenticate")


def asked_again(name):
    return lambda people: (_long_ago(_with_second_factor(people)), reverse(name))


def secured(name):
    return lambda people: (_in(_with_second_factor(people)), reverse(name))


def with_key(name):
    def come_to(people):
        user = _with_second_factor(people)
        key, _is_new = Authenticator.objects.get_or_create(
            user=user, type=Authenticator.Type.WEBAUTHN, defaults={"data": {"name": "办公室的钥匙", "credential": {}}}
        )
        return _in(user), reverse(name, args=[key.pk])

    return come_to


def without_password(people):
    user = User.objects.exclude(pk__in=[one.pk for one in people.values()]).order_by("pk").first()
    user.set_unusable_password()
    user.save()
    return _in(user), reverse("account_set_password")


# URL name -> who comes to the page and where it is, from whoever lives in the house.
MOMENTS = {
    "web:child-lower": lowered,
    "web:talk-swap": swapped,
    "web:trial": tried,
    "web:renewal": renewed,
    "web:scheme-restore": changed,
    "web:grant-refuse": proposed,
    "account_reset_password_from_key": forgotten,
    "account_reset_password_from_key_done": lambda _people: (Client(), reverse("account_reset_password_from_key_done")),
    "account_confirm_login_code": coded,
    "account_set_password": without_password,
    "account_change_password": secured("account_change_password"),
    "mfa_authenticate": halfway,
    "account_reauthenticate": asked_again("account_reauthenticate"),
    "mfa_reauthenticate": asked_again("mfa_reauthenticate"),
    "mfa_deactivate_totp": secured("mfa_deactivate_totp"),
    "mfa_view_recovery_codes": secured("mfa_view_recovery_codes"),
    "mfa_generate_recovery_codes": secured("mfa_generate_recovery_codes"),
    "mfa_list_webauthn": secured("mfa_list_webauthn"),
    "mfa_add_webauthn": secured("mfa_add_webauthn"),
    "mfa_remove_webauthn": with_key("mfa_remove_webauthn"),
    "mfa_edit_webauthn": with_key("mfa_edit_webauthn"),
}
