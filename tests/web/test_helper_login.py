"""The page on which a coordinator changes where a helper's codes go."""

from __future__ import annotations

from backend.accounts.models import User
from tests.factories.roster import a_coordinator, a_county, a_helper, a_user


def test_a_coordinator_changes_it(visitor):
    helper = a_helper(email="old@example.org")
    client = visitor(a_coordinator())
    assert "old@example.org" in client.get(f"/helpers/{helper.public_id}/login/").content.decode()

    answer = client.post(f"/helpers/{helper.public_id}/login/", {"email": "", "phone": "19900333333"}, follow=True)

    assert User.objects.get(pk=helper.user_id).phone == "19900333333"
    text = answer.content.decode()
    assert "验证码发到手机" in text
    assert "原来的登录都失效了" in text


def test_a_taken_address_is_said_and_what_was_typed_stays(visitor):
    helper, _other = a_helper(), a_user(email="taken@example.org")
    answer = visitor(a_coordinator()).post(
        f"/helpers/{helper.public_id}/login/", {"email": "taken@example.org", "phone": ""}
    )
    text = answer.content.decode()
    assert "已是别的账号在用" in text
    assert "taken@example.org" in text


def test_who_may_not(visitor):
    helper = a_helper()
    for user in (helper.user, a_coordinator(a_county("529902", "云河县")), a_user()):
        assert visitor(user).get(f"/helpers/{helper.public_id}/login/").status_code == 404
        assert visitor(user).post(f"/helpers/{helper.public_id}/login/", {"email": "a@b.cn"}).status_code == 404
