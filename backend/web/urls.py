"""Addresses of pages. Every name has a row in the permission table."""

from __future__ import annotations

from django.urls import include, path

from backend.web.coordinator import (
    child_changes,
    children,
    clearances,
    county_settings,
    export,
    helpers,
    import_batch,
    imports,
    messages,
    offer,
    offers,
    pairings,
    proposal,
    proposal_pair,
    proposals,
    publish,
    run,
    run_new,
    runs,
    schemes,
    today,
)
from backend.web.coordinator import helper as helper_file
from backend.web.guardian import my_child
from backend.web.helper import calendar, duty, my_children, my_details, my_offer, week
from backend.web.oversight import audit, my_village, system
from backend.web.people import child
from backend.web.public import feed, home, offer_link, robots

_public = [
    path("", home.home, name="home"),
    path("o/<str:token>/", offer_link.offer_link, name="offer-link"),
    path("o/<str:token>/seen/", offer_link.offer_link_seen, name="offer-link-seen"),
    path("o/<str:token>/accept/", offer_link.offer_link_accept, name="offer-link-accept"),
    path("o/<str:token>/decline/", offer_link.offer_link_decline, name="offer-link-decline"),
    path("ical/<str:token>/<str:name>.ics", feed.feed, name="feed"),
]
_ledger = [
    path("children/", children.children, name="children"),
    path("children/<pid:child_id>/", child.child, name="child"),
    path("children/<pid:child_id>/reveal/", child.child_reveal, name="child-reveal"),
    path("children/<pid:child_id>/edit/", child_changes.child_edit, name="child-edit"),
    path("children/<pid:child_id>/assess/", child_changes.child_assess, name="child-assess"),
    path("children/<pid:child_id>/consents/", child_changes.child_consent, name="child-consent"),
    path(
        "children/<pid:child_id>/consents/<pid:consent_id>/withdraw/",
        child_changes.child_consent_withdraw,
        name="child-consent-withdraw",
    ),
    path("children/<pid:child_id>/close/", child_changes.child_close, name="child-close"),
    path("helpers/", helpers.helpers, name="helpers"),
    path("helpers/<pid:helper_id>/", helper_file.helper, name="helper"),
    path("clearances/", clearances.clearances, name="clearances"),
    path("imports/", imports.imports, name="imports"),
    path("imports/template/<str:kind>/", imports.import_template, name="import-template"),
    path("imports/<pid:batch_id>/", import_batch.import_page, name="import"),
    path("imports/<pid:batch_id>/mend/", import_batch.import_mend, name="import-mend"),
    path("imports/<pid:batch_id>/decide/", import_batch.import_decide, name="import-decide"),
    path("imports/<pid:batch_id>/confirm/", import_batch.import_confirm, name="import-confirm"),
    path("imports/<pid:batch_id>/cancel/", import_batch.import_cancel, name="import-cancel"),
    path("imports/<pid:batch_id>/undo/", import_batch.import_undo, name="import-undo"),
    path("export/", export.export_page, name="export"),
    path("export/<pid:request_id>/answer/", export.export_allow, name="export-allow"),
    path("export/<pid:request_id>/link/", export.export_link, name="export-link"),
    path("export/file/<str:token>/", export.export_file, name="export-file"),
]
_matching = [
    path("schemes/", schemes.schemes, name="schemes"),
    path("runs/", runs.runs, name="runs"),
    path("runs/new/", run_new.run_new, name="run-new"),
    path("runs/<pid:run_id>/", run.run, name="run"),
    path("runs/<pid:run_id>/cancel/", run.run_cancel, name="run-cancel"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<pid:proposal_id>/", proposal.proposal, name="proposal"),
    path("proposals/<pid:proposal_id>/pairs/<pid:pair_id>/", proposal_pair.proposal_pair, name="proposal-pair"),
    path("proposals/<pid:proposal_id>/publish/", publish.publish, name="publish"),
    path("offers/", offers.offers, name="offers"),
    path("offers/<pid:offer_id>/", offer.offer, name="offer"),
    path("offers/<pid:offer_id>/accept/", offer.offer_accept, name="offer-accept"),
    path("offers/<pid:offer_id>/withdraw/", offer.offer_withdraw, name="offer-withdraw"),
    path("offers/<pid:offer_id>/link/", offer.offer_copy_link, name="offer-copy-link"),
    path("pairings/", pairings.pairings, name="pairings"),
    path("pairings/<pid:pairing_id>/end/", pairings.pairing_end, name="pairing-end"),
]
_desk = [
    path("today/", today.today, name="today"),
    path("messages/", messages.messages, name="messages"),
    path("county/", county_settings.county_settings, name="county-settings"),
]
_helper = [
    path("week/", week.week, name="week"),
    path("my/children/", my_children.my_children, name="my-children"),
    path("my/offers/<pid:offer_id>/", my_offer.my_offer, name="my-offer"),
    path("my/offers/<pid:offer_id>/accept/", my_offer.my_offer_accept, name="my-offer-accept"),
    path("my/offers/<pid:offer_id>/decline/", my_offer.my_offer_decline, name="my-offer-decline"),
    path("my/duties/<pid:duty_id>/time/", duty.duty_time, name="duty-time"),
    path("my/duties/<pid:duty_id>/done/", duty.duty_done, name="duty-done"),
    path("my/calendar/", calendar.calendar, name="calendar"),
    path("my/calendar/<pid:feed_id>/revoke/", calendar.calendar_revoke, name="calendar-revoke"),
    path("my/details/", my_details.my_details, name="my-details"),
]
_others = [
    path("my/child/", my_child.my_child, name="my-child"),
    path("my/village/", my_village.my_village, name="my-village"),
    path("audit/", audit.audit, name="audit"),
    path("system/", system.system, name="system"),
    path("system/users/<pid:user_id>/disable/", system.system_user_disable, name="system-user-disable"),
]

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("robots.txt", robots.robots, name="robots"),
    path("", include((_public + _ledger + _matching + _desk + _helper + _others, "web"))),
]
