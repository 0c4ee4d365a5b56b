"""`manage.py import_roster`: the same path from a shell."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend.roster.models import Child
from tests.factories.roster import a_coordinator
from tests.roster.imports.sheets import A_CHILD, CHILDREN, sheet_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    def write(*rows):
        file = tmp_path / "children.xlsx"
        file.write_bytes(sheet_of(CHILDREN, *rows))
        return str(file)

    return write


def said(*arguments):
    out = StringIO()
    call_command("import_roster", *arguments, "--kind", "children", stdout=out)
    return out.getvalue()


def test_it_only_looks_unless_told_to_write(path):
    login = a_coordinator().email
    assert "new: 1" in said(path(A_CHILD), "--as", login)
    assert Child.objects.count() == 0
    said(path(A_CHILD), "--as", login, "--confirm")
    assert Child.objects.count() == 1


def test_wrong_cells_are_named_and_left_out_only_by_a_switch(path):
    login = a_coordinator().email
    file = path(A_CHILD, A_CHILD | {"name": "李小春", "id_number": "529981201603051229"})
    assert "C3 身份证号：" in said(file, "--as", login)
    with pytest.raises(CommandError, match="1 行"):
        said(file, "--as", login, "--confirm")
    said(file, "--as", login, "--confirm", "--skip-wrong")
    assert Child.objects.get().name == "袁小禾"


def test_it_says_what_it_cannot_read(tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF\x00")
    with pytest.raises(CommandError, match="表格"):
        said(str(file), "--as", a_coordinator().email)
    with pytest.raises(CommandError):
        said(str(file), "--as", "nobody@example.org")
