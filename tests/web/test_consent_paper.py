"""Scans of signed consents: small, of known kinds, encrypted on the disk, handed out only to whom they concern."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from rest_framework.test import APIClient

from backend.accounts.models import Role
from backend.audit.models import AuditEntry
from backend.roster.models import Consent
from backend.roster.services import papers
from backend.roster.services.children import ConsentStands, record_consent
from backend.roster.sheets import stored
from tests.factories.readers import a_neighbourhood
from tests.factories.roster import TODAY, a_child, a_coordinator, a_county, a_token, a_user

SCAN = b"%PDF-1.7 " + "祖母欧阳桂兰签字".encode()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def place():
    return a_neighbourhood()


def scan(content=SCAN, name="袁小禾同意书.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def recorded(child, purpose="VISITS", content=SCAN):
    return record_consent(
        child=child, purpose=purpose, text_version="1", given_by="祖母", given_date=TODAY, actor=a_user(),
        paper=scan(content),
    )  # fmt: skip


def files(settings):
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def client_of(user):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {a_token(user)}")
    return client


def test_the_disk_holds_neither_the_scan_nor_its_name(settings, place):
    consent = recorded(place.child)
    [path] = files(settings)
    assert b"%PDF" not in path.read_bytes()
    assert "欧阳".encode() not in path.read_bytes()
    assert "袁" not in path.name
    assert path.stat().st_mode & 0o077 == 0
    assert Consent.objects.get(pk=consent.pk).paper.open().read() == SCAN


def test_a_page_takes_a_scan_and_hands_it_out_with_safe_headers_and_a_note(visitor, place):
    desk = visitor(place.users[Role.TOWNSHIP_COORDINATOR])
    facts = {"purpose": "VISITS", "given_by": "祖母", "given_date": "2026-11-20", "text_version": "1", "paper": scan()}
    assert desk.post(f"/children/{place.child.public_id}/consents/", facts).status_code == 302
    consent = place.child.consents.get(purpose="VISITS")
    path = f"/children/{place.child.public_id}/consents/{consent.public_id}/paper/"
    assert path in desk.get(f"/children/{place.child.public_id}/").content.decode()

    answer = desk.get(path)

    assert (answer.content, answer["Content-Type"]) == (SCAN, "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    assert "sandbox" in answer["Content-Security-Policy"]
    entry = AuditEntry.objects.get(verb="consent.paper_read")
    assert (entry.subject_id, entry.actor_id) == (
        place.child.public_id,
        place.users[Role.TOWNSHIP_COORDINATOR].public_id,
    )


def test_nobody_else_gets_the_scan(visitor, place):
    consent = recorded(place.child)
    path = f"children/{place.child.public_id}/consents/{consent.public_id}/paper/"
    others = [
        place.users[role]
        for role in sorted(set(Role) - {"COUNTY_COORDINATOR", "TOWNSHIP_COORDINATOR", "SCHOOL_COORDINATOR"})
    ]
    for user in [*others, a_coordinator(a_county("529902", "云河县"))]:
        answer = visitor(user).get(f"/{path}")
        assert (answer.status_code in {302, 403, 404}, SCAN in answer.content) == (True, False)
        assert client_of(user).get(f"/api/v1/{path}").status_code == 404
    assert visitor().get(f"/{path}").status_code == 302
    assert not AuditEntry.objects.filter(verb="consent.paper_read").exists()
    mine = visitor(place.users[Role.COUNTY_COORDINATOR])
    assert mine.get(f"/children/{place.stranger.public_id}/consents/{consent.public_id}/paper/").status_code == 404
    other = a_child(village=place.child.village)
    assert mine.get(f"/children/{other.public_id}/consents/{consent.public_id}/paper/").status_code == 404


def test_the_api_takes_a_scan_as_a_form_and_hands_it_out(place):
    client = client_of(place.users[Role.COUNTY_COORDINATOR])
    path = f"/api/v1/children/{place.child.public_id}/consents/"
    facts = {"purpose": "VISITS", "given_by": "祖母", "given_date": "2026-11-20", "text_version": "1"}
    made = client.post(path, facts | {"paper": scan()}, format="multipart")
    plain = client.post(path, facts | {"purpose": "PHOTO"}, format="json")

    assert (made.status_code, made.json()["has_paper"]) == (201, True)
    assert (plain.status_code, plain.json()["has_paper"]) == (201, False)
    assert client.get(f"{path}{made.json()['id']}/paper/").content == SCAN
    assert client.get(f"{path}{plain.json()['id']}/paper/").status_code == 404


@pytest.mark.parametrize("content", [b"", b"<html><script>", b"MZ\x90", b"GIF89a"])
def test_only_scans_are_taken(settings, place, content):
    with pytest.raises(papers.PaperRefused):
        recorded(place.child, content=content)
    assert files(settings) == []


def test_a_scan_that_is_too_large_is_refused(monkeypatch, visitor, place):
    monkeypatch.setattr(papers, "MOST_BYTES", 20)
    desk = visitor(place.users[Role.COUNTY_COORDINATOR])
    facts = {"purpose": "VISITS", "given_by": "祖母", "given_date": "2026-11-20", "text_version": "1", "paper": scan()}
    answer = desk.post(f"/children/{place.child.public_id}/consents/", facts)
    assert "10 MB" in str(answer.context["form"].non_field_errors())


def test_a_consent_that_is_refused_leaves_no_file(settings, place):
    recorded(place.child)
    with pytest.raises(ConsentStands):
        recorded(place.child)
    assert len(files(settings)) == 1


def test_rotation_seals_files_anew_and_older_plain_ones_too(settings, place):
    sealed, plain = recorded(place.child), recorded(place.child, "PHOTO")
    path = settings.MEDIA_ROOT / plain.paper.name
    path.write_bytes(SCAN)
    assert Consent.objects.get(pk=plain.pk).paper.open().read() == SCAN
    kept = stored.keep("exports", "a-file", b"content")
    gone = recorded(place.child, "FEED")
    (settings.MEDIA_ROOT / gone.paper.name).unlink()
    fresh = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [fresh, *settings.FIELD_ENCRYPTION_KEYS]

    said = StringIO()
    call_command("rotate_keys", stdout=said)
    settings.FIELD_ENCRYPTION_KEYS = [fresh]

    assert "roster.Consent.paper (files): 2 rows" in said.getvalue()
    assert SCAN not in path.read_bytes()
    for consent in (sealed, plain):
        assert Consent.objects.get(pk=consent.pk).paper.open().read() == SCAN
    assert stored.fetch(kept) == b"content"
    stored.drop(kept)
    with pytest.raises(papers.PaperMissing):
        papers.read_paper(consent=gone, actor=a_user())
