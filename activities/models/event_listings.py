"""In which schools' and villages' calendars a published day stands, beside those of who holds it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from activities.models.event_versions import DayPart
from backend.roster.models import Area, Organisation


class DayListing(models.Model):
    """
    A day in the calendar of one school or village, since a child of it has a place.

    Once no child of it has, the row says for a while how it was known there: where or when the others meet from then on
    is no news of this place. `sequence` is the number it left with; whoever comes back gets a higher one.
    """

    part = models.ForeignKey(DayPart, on_delete=models.CASCADE, related_name="listings", help_text="the whole day")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, null=True, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, related_name="+")
    left_at = models.DateTimeField(null=True)
    sequence = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=200, blank=True)
    place_name = models.CharField(max_length=200, blank=True)
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["part", "organisation"], condition=Q(area=None), name="day_listing_school_once"
            ),
            models.UniqueConstraint(
                fields=["part", "area"], condition=Q(organisation=None), name="day_listing_village_once"
            ),
            models.CheckConstraint(
                condition=Q(area=None, organisation__isnull=False) | Q(area__isnull=False, organisation=None),
                name="day_listing_one_place",
            ),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(start_at__isnull=False, start_at__lt=F("end_at")),
                name="day_listing_times",
            ),
        ]
