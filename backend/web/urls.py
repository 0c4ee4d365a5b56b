"""Addresses of pages. Every name has a row in the permission table."""

from __future__ import annotations

from django.urls import include, path

from backend.web.coordinator import (
    child_changes,
    children,
    clearances,
    county_settings,
    export,
    helper_login,
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
    scheme,
    schemes,
    today,
)
from backend.web.coordinator import helper as helper_file
from backend.web.guardian import my_child
from backend.web.helper import calendar, duty, my_children, my_details, my_offer, week
from backend.web.oversight import audit, grant_new, grants, my_village, system
from backend.web.people import child
from backend.web.public import act_as, feed, home, offer_link, robots
from backend.web.shared.methods import act, form, page

_public = [
    path("", page(home.home), name="home"),
    path("act-as/", act(act_as.act_as), name="act-as"),
    path("o/<str:token>/", page(offer_link.offer_link), name="offer-link"),
    path("o/<str:token>/seen/", act(offer_link.offer_link_seen), name="offer-link-seen"),
    path("o/<str:token>/accept/", act(offer_link.offer_link_accept), name="offer-link-accept"),
    path("o/<str:token>/decline/", form(offer_link.offer_link_decline), name="offer-link-decline"),
    path("ical/<str:token>/<str:name>.ics", page(feed.feed), name="feed"),
]
_ledger = [
    path("children/", page(children.children), name="children"),
    path("children/<pid:child_id>/", page(child.child), name="child"),
    path("children/<pid:child_id>/reveal/", act(child.child_reveal), name="child-reveal"),
    path("children/<pid:child_id>/edit/", form(child_changes.child_edit), name="child-edit"),
    path("children/<pid:child_id>/assess/", form(child_changes.child_assess), name="child-assess"),
    path("children/<pid:child_id>/consents/", form(child_changes.child_consent), name="child-consent"),
    path(
        "children/<pid:child_id>/consents/<pid:consent_id>/withdraw/",
        act(child_changes.child_consent_withdraw),
        name="child-consent-withdraw",
    ),
    path("children/<pid:child_id>/close/", form(child_changes.child_close), name="child-close"),
    path("helpers/", page(helpers.helpers), name="helpers"),
    path("helpers/<pid:helper_id>/", page(helper_file.helper), name="helper"),
    path("helpers/<pid:helper_id>/login/", form(helper_login.helper_login), name="helper-login"),
    path("clearances/", form(clearances.clearances), name="clearances"),
    path("imports/", form(imports.imports), name="imports"),
    path("imports/template/<str:kind>/", page(imports.import_template), name="import-template"),
    path("imports/<pid:batch_id>/", page(import_batch.import_page), name="import"),
    path("imports/<pid:batch_id>/mend/", act(import_batch.import_mend), name="import-mend"),
    path("imports/<pid:batch_id>/decide/", act(import_batch.import_decide), name="import-decide"),
    path("imports/<pid:batch_id>/confirm/", act(import_batch.import_confirm), name="import-confirm"),
    path("imports/<pid:batch_id>/cancel/", act(import_batch.import_cancel), name="import-cancel"),
    path("imports/<pid:batch_id>/undo/", act(import_batch.import_undo), name="import-undo"),
    path("export/", form(export.export_page), name="export"),
    path("export/<pid:request_id>/answer/", act(export.export_allow), name="export-allow"),
    path("export/<pid:request_id>/link/", act(export.export_link), name="export-link"),
    path("export/file/<str:token>/", page(export.export_file), name="export-file"),
]
_matching = [
    path("schemes/", page(schemes.schemes), name="schemes"),
    path("schemes/new/", form(scheme.scheme_new), name="scheme-new"),
    path("schemes/<pid:scheme_id>/", page(scheme.scheme), name="scheme"),
    path("schemes/<pid:scheme_id>/edit/", form(scheme.scheme_edit), name="scheme-edit"),
    path("schemes/<pid:scheme_id>/switch/", act(scheme.scheme_switch), name="scheme-switch"),
    path("schemes/<pid:scheme_id>/restore/", form(scheme.scheme_restore), name="scheme-restore"),
    path("runs/", page(runs.runs), name="runs"),
    path("runs/new/", form(run_new.run_new), name="run-new"),
    path("runs/<pid:run_id>/", page(run.run), name="run"),
    path("runs/<pid:run_id>/cancel/", act(run.run_cancel), name="run-cancel"),
    path("proposals/", page(proposals.proposals), name="proposals"),
    path("proposals/<pid:proposal_id>/", page(proposal.proposal), name="proposal"),
    path("proposals/<pid:proposal_id>/pairs/<pid:pair_id>/", page(proposal_pair.proposal_pair), name="proposal-pair"),
    path("proposals/<pid:proposal_id>/publish/", form(publish.publish), name="publish"),
    path("offers/", page(offers.offers), name="offers"),
    path("offers/<pid:offer_id>/", page(offer.offer), name="offer"),
    path("offers/<pid:offer_id>/accept/", act(offer.offer_accept), name="offer-accept"),
    path("offers/<pid:offer_id>/withdraw/", act(offer.offer_withdraw), name="offer-withdraw"),
    path("offers/<pid:offer_id>/link/", act(offer.offer_copy_link), name="offer-copy-link"),
    path("pairings/", page(pairings.pairings), name="pairings"),
    path("pairings/<pid:pairing_id>/end/", form(pairings.pairing_end), name="pairing-end"),
]
_desk = [
    path("today/", page(today.today), name="today"),
    path("messages/", page(messages.messages), name="messages"),
    path("county/", form(county_settings.county_settings), name="county-settings"),
]
_helper = [
    path("week/", page(week.week), name="week"),
    path("my/children/", page(my_children.my_children), name="my-children"),
    path("my/offers/<pid:offer_id>/", page(my_offer.my_offer), name="my-offer"),
    path("my/offers/<pid:offer_id>/accept/", act(my_offer.my_offer_accept), name="my-offer-accept"),
    path("my/offers/<pid:offer_id>/decline/", form(my_offer.my_offer_decline), name="my-offer-decline"),
    path("my/duties/<pid:duty_id>/time/", form(duty.duty_time), name="duty-time"),
    path("my/duties/<pid:duty_id>/done/", act(duty.duty_done), name="duty-done"),
    path("my/calendar/", form(calendar.calendar), name="calendar"),
    path("my/calendar/<pid:feed_id>/revoke/", act(calendar.calendar_revoke), name="calendar-revoke"),
    path("my/details/", page(my_details.my_details), name="my-details"),
]
_others = [
    path("my/child/", page(my_child.my_child), name="my-child"),
    path("my/village/", page(my_village.my_village), name="my-village"),
    path("audit/", page(audit.audit), name="audit"),
    path("system/", page(system.system), name="system"),
    path("system/grants/", page(grants.grants), name="grants"),
    path("system/grants/new/", form(grant_new.grant_new), name="grant-new"),
    path("system/grants/<pid:grant_id>/revoke/", form(grants.grant_revoke), name="grant-revoke"),
    path("system/grants/proposed/<pid:proposal_id>/confirm/", act(grants.grant_confirm), name="grant-confirm"),
    path("system/grants/proposed/<pid:proposal_id>/refuse/", form(grants.grant_refuse), name="grant-refuse"),
    path("system/users/<pid:user_id>/disable/", act(system.system_user_disable), name="system-user-disable"),
]

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("robots.txt", page(robots.robots), name="robots"),
    path("", include((_public + _ledger + _matching + _desk + _helper + _others, "web"))),
]
