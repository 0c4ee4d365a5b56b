"""Where a helper, a guardian and a coordinator can be reached, and how each of them wants to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from backend.accounts.models import COORDINATORS, User
from backend.accounts.phones import mobile_in
from backend.roster.models import Membership
from backend.roster.selectors import is_shut_out
from backend.sms.choice import is_on as texts_are_on
from notifications.kinds import CHINESE, EMAIL, INBOX, ROBOT, SMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from backend.roster.models import Area, Guardian, Helper
    from notifications.models import Contact, Message

_COUNTY = 6
_PREFIXES = (6, 9, 12)  # county, township, village


@dataclass(frozen=True)
class Recipient:
    """
    One person to tell.

    Args:
        county_code: whose quiet hours and own words count.
        key: part of a message's key; says who without a name.
        addresses: channel -> address, for the channels this person is told over; the inbox has the address "".
    """

    key: str
    columns: Mapping[str, Any]
    addresses: Mapping[str, str]
    language: str = CHINESE
    county_code: str = ""
    wants_digest: bool = True


def of_helper(helper: Helper) -> Recipient:
    """
    A helper: the ledger's addresses, the account's choices. Cheap with `user__contact` selected. Whose account was
    closed is told nothing any more, wherever the address is from.
    """
    account = helper.user if helper.user is not None and helper.user.is_active else None
    mail, phone = on_file(account, helper=helper)
    addresses = {} if is_shut_out(helper) else _addresses(account, mail=mail, phone=phone)
    columns = {"helper_id": helper.pk, "account_id": account.pk if account else None}
    county_code = helper.township.code[:_COUNTY]
    return Recipient(f"h{helper.pk}", columns, addresses, county_code=county_code, **_wishes(account))


def of_guardian(guardian: Guardian) -> Recipient:
    """A guardian with an account: the address they sign in with. Without one the coordinator calls."""
    account = guardian.user if guardian.user is not None and guardian.user.is_active else None
    columns = {"guardian_id": guardian.pk, "account_id": account.pk if account else None}
    county_code = guardian.child.village.code[:_COUNTY]
    if account is None:
        return Recipient(f"g{guardian.pk}", columns, {}, county_code=county_code)
    mail, phone = on_file(account, guardian=guardian)
    addresses = _addresses(account, mail=mail, phone=phone)
    return Recipient(f"g{guardian.pk}", columns, addresses, county_code=county_code, **_wishes(account))


def of_account(account: User) -> Recipient:
    """A coordinator, or whoever is told as the owner of an account."""
    mail, phone = on_file(account)
    addresses = _addresses(account, mail=mail, phone=phone) if account.is_active else {}
    columns = {"account_id": account.pk}
    county_code = _county_of(account)
    return Recipient(f"u{account.pk}", columns, addresses, county_code=county_code, **_wishes(account))


def on_file(account: User | None, *, helper: Helper | None = None, guardian: Guardian | None = None) -> tuple[str, str]:
    """
    The one rule of where somebody can be reached: mail address and phone, "" where there is none. For a helper those of
    the ledger; for anybody else those they sign in with, for a guardian lastly the phone on file.
    """
    if helper is not None:
        return helper.email, helper.phone
    mail, phone = (account.email or "", account.phone) if account is not None else ("", "")
    return mail, phone or (guardian.phone if guardian is not None else "")


def of_message(message: Message) -> Recipient:
    """Whom a message is for, as they can be reached by now."""
    if message.helper is not None:
        return of_helper(message.helper)
    if message.guardian is not None:
        return of_guardian(message.guardian)
    assert message.account is not None  # noqa: S101 - a constraint of the table
    return of_account(message.account)


def _county_of(account: User) -> str:
    """The county of somebody's latest grant; "" for who holds none."""
    grants = getattr(account, "_prefetched_objects_cache", {}).get("memberships")
    if grants is None:
        grants = account.memberships.order_by("-starts_at", "-pk").select_related("area", "organisation__area")[:1]
    for one in grants:
        area = one.area or (one.organisation.area if one.organisation else None)
        return area.code[:_COUNTY] if area else ""
    return ""


def contact_of(account: Any) -> Contact | None:
    """What somebody chose, or None where nothing was chosen yet."""
    return getattr(account, "contact", None) if account is not None else None


def coordinators_for(*, area: Area | None, organisation_id: int | None, now: datetime) -> list[User]:
    """Everybody who coordinates for a place at this moment: its county, its township, its school."""
    code = area.code if area is not None else ""
    places = Q(area__code__in=[code[:length] for length in _PREFIXES if len(code) >= length])
    if organisation_id is not None:
        places |= Q(organisation_id=organisation_id)
    held = Membership.objects.held_at(now).filter(places, role__in=COORDINATORS)
    return list(User.objects.filter(pk__in=held.values("user_id"), is_active=True).order_by("pk"))


def _addresses(account: Any, *, mail: str, phone: str) -> dict[str, str]:
    contact = contact_of(account)
    mobile = mobile_in(phone) if phone and texts_are_on() else ""
    found = {INBOX: ""} if account is not None else {}
    if mail and (contact is None or contact.by_mail):
        found[EMAIL] = mail
    if wants_text(contact, mail=mail, mobile=mobile):
        found[SMS] = mobile
    if contact is not None and contact.robot_url:
        found[ROBOT] = contact.robot_url
    return found


def wants_text(contact: Contact | None, *, mail: str, mobile: str) -> bool:
    """
    Texts go to who chose them, and to whom nothing else would reach: who has no mail address, or has none any more.
    """
    if contact is None:
        return bool(mobile) and not mail
    return bool(mobile) and (contact.by_sms or (not mail and not contact.robot_url))


def _wishes(account: Any) -> dict[str, Any]:
    contact = contact_of(account)
    return {"language": contact.language, "wants_digest": contact.wants_digest} if contact is not None else {}
