"""How the reader wants to be told. A robot's address goes in and never comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from backend.api.inputs import StrictSerializer
from backend.api.views import Door, data_of
from backend.roster.masking import masked_phone
from notifications.contacts import choose_contact, mail_and_mobile, test_channels
from notifications.models import LANGUAGES, Contact
from notifications.recipients import contact_of, wants_text

if TYPE_CHECKING:
    from rest_framework.request import Request


class ContactRow(serializers.Serializer):
    by_mail = serializers.BooleanField()
    by_sms = serializers.BooleanField()
    robot_kind = serializers.ChoiceField(choices=[("", ""), *Contact.Robot.choices])
    wants_digest = serializers.BooleanField()
    language = serializers.ChoiceField(choices=LANGUAGES)
    mail = serializers.CharField(help_text="what is on file; empty when there is none")
    mobile = serializers.CharField(help_text="masked; empty when texts cannot go there")


class ContactInput(StrictSerializer):
    by_mail = serializers.BooleanField()
    by_sms = serializers.BooleanField()
    wants_digest = serializers.BooleanField(required=False, help_text="absent keeps it")
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, help_text="absent keeps it")
    robot = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="the https address of a WeCom, DingTalk or Feishu group robot; empty takes it off; absent keeps it",
    )


class TestCount(serializers.Serializer):
    sent_over = serializers.IntegerField()


@extend_schema(tags=["messages"])
class Contacts(Door):
    """The reader's own choices."""

    queryset = Contact.objects.none()
    serializer_class = ContactRow
    pagination_class = None

    @extend_schema(responses=ContactRow)
    def list(self, request: Request) -> Response:
        """What is chosen and what is on file."""
        return Response(self._row(contact_of(self.actor)))

    @extend_schema(request=ContactInput, responses=ContactRow)
    @action(detail=False, methods=["post"])
    def choose(self, request: Request) -> Response:
        """Choose anew."""
        wanted = data_of(ContactInput, request)
        robot = wanted.pop("robot", None)
        return Response(self._row(choose_contact(user=self.actor, robot=robot, now=self.now, **wanted)))

    @extend_schema(request=None, responses=TestCount)
    @action(detail=False, methods=["post"])
    def test(self, request: Request) -> Response:
        """Send one test over every way that is on."""
        return Response({"sent_over": test_channels(user=self.actor, now=self.now)})

    def _row(self, contact: Contact | None) -> dict[str, Any]:
        mail, mobile = mail_and_mobile(self.actor)
        return {
            "by_mail": contact.by_mail if contact else True,
            "by_sms": contact.by_sms if contact else wants_text(contact, mail=mail, mobile=mobile),
            "robot_kind": contact.robot_kind if contact else "",
            "wants_digest": contact.wants_digest if contact else True,
            "language": contact.language if contact else "zh-hans",
            "mail": mail,
            "mobile": masked_phone(mobile),
        }
