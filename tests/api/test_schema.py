"""Whatever the schema allows, and much it does not: no operation ever answers with a server error."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from backend.wsgi import application
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import a_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def schema():
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", application)


@pytest.fixture
def token():
    return a_token(a_neighbourhood().users["COUNTY_COORDINATOR"])


lazy = schemathesis.pytest.from_fixture("schema")


@lazy.parametrize()
@settings(
    max_examples=6, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip
def test_no_operation_answers_with_a_server_error(case, token):
    case.headers = {"Authorization": f"Token {token}"}
    case.call_and_validate(checks=[schemathesis.checks.not_a_server_error])
