"""What the ledger says of children, in the values of the children's sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch

from backend.roster.models import Assessment, Child, Consent, Guardian, GuardianRating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PARENTS = {"father": Guardian.Kind.FATHER.value, "mother": Guardian.Kind.MOTHER.value}
PARENT_KEYS = ("name", "id_number", "phone", "email", "qq", "workplace", "workplace_address", "workplace_phone")
CARER_KEYS = ("name", "relation", "id_number", "birth_year", "occupation", "health", "address", "phone", "email")
_IDS_AT_ONCE = 500
PLAIN_KEYS = (
    "name", "sex", "id_number", "state", "address", "phone", "is_boarding", "categories", "needs", "personality",
    "interests", "medical_history", "care_alert", "study_state", "away_reason",
)  # fmt: skip


def values_of_children(ids: Iterable[int], alive: Callable[[], None] = lambda: None) -> dict[int, dict[str, Any]]:
    """{child id: {key: value}} with every key of the sheet; `alive` is called every few hundred people."""
    wanted = list(ids)
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        alive()
        for child in _loaded(wanted[start : start + _IDS_AT_ONCE]):
            found[child.pk] = values_of(child)
    return found


def _loaded(ids: list[int]) -> Iterable[Child]:
    ratings = Prefetch("ratings", GuardianRating.objects.order_by("-rated_date", "-pk"))
    guardians = Prefetch("guardians", Guardian.objects.select_related("user").prefetch_related(ratings).order_by("pk"))
    return (
        Child.objects.filter(pk__in=ids)
        .select_related("village__parent__parent", "school__area", "school_class")
        .prefetch_related(
            guardians,
            Prefetch("assessments", Assessment.objects.order_by("-assessed_date", "-pk")),
            Prefetch("consents", Consent.objects.filter(purpose=Consent.Purpose.MATCHING).order_by("-pk")),
        )
    )


def values_of(child: Child) -> dict[str, Any]:
    """One child's values; related rows are expected to be prefetched."""
    values: dict[str, Any] = {key: getattr(child, key) for key in PLAIN_KEYS}
    values["birth_date"] = child.birth_date and child.birth_date.isoformat()
    values["away_since_date"] = child.away_since_date and child.away_since_date.isoformat()
    values["position"] = None if child.x_m is None or child.y_m is None else [child.x_m, child.y_m]
    return values | _place(child) | _guardians(child) | _assessment(child) | _consent(child)


def _place(child: Child) -> dict[str, Any]:
    village, township = child.village, child.village.parent
    school, klass = child.school, child.school_class
    return {
        "county": township.parent.name if township and township.parent else "",
        "township": township.name if township else "",
        "township_code": township.code if township else "",
        "village": village.name,
        "village_code": village.code,
        "school": school.name if school else "",
        "school_code": school.area.code if school else "",
        "grade": klass.grade if klass else None,
        "class_name": klass.name if klass else "",
    }


def _guardians(child: Child) -> dict[str, Any]:
    rows = list(child.guardians.all())
    values: dict[str, Any] = {}
    for part, kind in PARENTS.items():
        parent = next((row for row in rows if row.kind == kind), None)
        values |= {f"{part}.{key}": _of_guardian(parent, key) for key in PARENT_KEYS}
    carer = next((row for row in rows if row.is_in_charge), None)
    other = None if carer and carer.kind in PARENTS.values() else carer
    values |= {f"carer.{key}": _of_guardian(other, key) for key in CARER_KEYS}
    values["carer.kind"] = carer.kind if carer else ""
    rating = next(iter(carer.ratings.all()), None) if carer else None
    values["carer.rating"] = rating.rating if rating else None
    return values


def _of_guardian(row: Guardian | None, key: str) -> Any:
    if row is None:
        return None if key == "birth_year" else ""
    if key == "email":
        return (row.user.email or "") if row.user else ""
    return getattr(row, key)


def _assessment(child: Child) -> dict[str, Any]:
    latest = next(iter(child.assessments.all()), None)
    if latest is None:
        return {
            "assessed_date": None, "heart_level": None, "aspects": {}, "guardianship": None, "assessment_reason": "",
        }  # fmt: skip
    return {
        "assessed_date": latest.assessed_date.isoformat(),
        "heart_level": latest.heart_level,
        "aspects": latest.aspects,
        "guardianship": [latest.guardianship_type, latest.severity] if latest.guardianship_type else None,
        "assessment_reason": latest.reason,
    }


def _consent(child: Child) -> dict[str, Any]:
    latest = next(iter(child.consents.all()), None)
    if latest is None:
        return {"consent": None, "consent_date": None, "consent_by": ""}
    return {
        "consent": latest.withdrawn_at is None,
        "consent_date": latest.given_date.isoformat(),
        "consent_by": latest.given_by,
    }
