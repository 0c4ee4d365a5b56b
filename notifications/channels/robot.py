"""
Robots of WeCom, DingTalk and Feishu groups, by apprise.

Of what is pasted only the robot's own key is kept, so nothing else in an address can steer a request: no other host,
no other option, no plain http. Robots stand in groups, so they are given the short text and never a personal link.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from backend.kernel.errors import DomainError
from notifications.channels.base import NotNow, within

if TYPE_CHECKING:
    from notifications.channels.base import Envelope

WECOM, DINGTALK, FEISHU = "WECOM", "DINGTALK", "FEISHU"
# The longest one try may take, however slowly the other side answers. apprise's own limits start anew per byte.
SECONDS_A_TRY = 5.0
_LONGEST = 500
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
# What apprise takes for DingTalk; anything else would be refused at each sending instead of at the pasting.
_DINGTALK_KEY = re.compile(r"[A-Za-z0-9]{8,128}")
# scheme of apprise, host and path and parameter of the address people copy from the group's settings
_ROBOTS = {
    WECOM: ("wecombot", "qyapi.weixin.qq.com", "/cgi-bin/webhook/send", "key"),
    DINGTALK: ("dingtalk", "oapi.dingtalk.com", "/robot/send", "access_token"),
    FEISHU: ("feishu", "open.feishu.cn", "/open-apis/bot/v2/hook/", ""),
}
_PLUGINS = {
    WECOM: ("wecombot", "NotifyWeComBot"),
    DINGTALK: ("dingtalk", "NotifyDingTalk"),
    FEISHU: ("feishu", "NotifyFeishu"),
}
# apprise and the client below it write addresses, which hold the key, into their logs.
for _name in ("apprise", "urllib3"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
logging.getLogger("apprise").propagate = False


class RobotAddressUnknown(DomainError):
    """Not an address of a group robot we speak to."""

    code = "robot.address_unknown"
    status = 400
    message = "This is no address of a WeCom, DingTalk or Feishu group robot. Copy the whole address, with https."


@dataclass(frozen=True)
class Robot:
    """A robot's kind and the address apprise knows it by, which holds its key."""

    kind: str
    url: str


def robot_of(pasted: str) -> Robot:
    """
    The robot behind what was pasted: the https address of the group's settings, or apprise's own form of it.

    Raises:
        RobotAddressUnknown: any other scheme, host, port, path, or a key that cannot be one.
    """
    text = pasted.strip()
    if len(text) > _LONGEST or not text.isascii() or not text.isprintable():
        raise RobotAddressUnknown
    try:
        parts = urlsplit(text)
    except ValueError:
        raise RobotAddressUnknown from None
    for kind, (scheme, host, path, parameter) in _ROBOTS.items():
        if parts.scheme == scheme:
            secret, _at, key = parts.netloc.rpartition("@")
            return _robot(kind, key, secret)
        if (parts.scheme, parts.netloc.lower()) == ("https", host):
            query = parse_qs(parts.query)
            return _robot(kind, _key_in(parts.path, query, path, parameter), _only(query, "secret"))
    raise RobotAddressUnknown


def _key_in(path: str, query: dict[str, list[str]], expected: str, parameter: str) -> str:
    if parameter:
        return _only(query, parameter) if path.rstrip("/") == expected else ""
    return path.removeprefix(expected).rstrip("/") if path.startswith(expected) else ""


def _only(query: dict[str, list[str]], name: str) -> str:
    values = query.get(name, [])
    return values[0] if len(values) == 1 else ""


def _robot(kind: str, key: str, secret: str) -> Robot:
    """Only DingTalk signs; a secret elsewhere is a mistake."""
    shape = _DINGTALK_KEY if kind == DINGTALK else _KEY
    if not shape.fullmatch(key) or (secret and (kind != DINGTALK or not shape.fullmatch(secret))):
        raise RobotAddressUnknown
    scheme = _ROBOTS[kind][0]
    return Robot(kind, f"{scheme}://{secret}@{key}/" if secret else f"{scheme}://{key}/")


def send(envelope: Envelope) -> None:
    """
    Say one short text in a group.

    Raises:
        NotNow: the robot did not take it.
        ChannelDown: no answer in time.
    """
    robot = robot_of(envelope.address)
    if not within(SECONDS_A_TRY, lambda: _notify(robot, envelope.short)):
        raise NotNow("robot did not take it")


def _notify(robot: Robot, text: str) -> bool:
    # Only the three makes are read of apprise's many, and only by who sends to one.
    from apprise import AppriseAsset

    module, name = _PLUGINS[robot.kind]
    plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    asset = AppriseAsset(http_redirects=False, async_mode=False)
    messenger = plugin(asset=asset, **plugin.parse_url(robot.url))
    return bool(messenger.notify(body=text))
