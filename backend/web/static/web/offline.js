/* Keeps the list of the week and the form for a report, and how they look, for when there is no net. See worker.js and kept.js. */
(function () {
  "use strict";

  var who = document.documentElement.dataset.who, here = document.currentScript.dataset;
  var list = here.list, report = here.report;
  if (!who || !navigator.serviceWorker || !window.caches) { return; }

  navigator.serviceWorker.register(here.worker).then(function () {
    var pages = [list, report].map(function (url) { return fetch(url, { credentials: "same-origin", redirect: "error" }); });
    return Promise.all([caches.open("week:" + who)].concat(pages));
  }).then(function (found) {
    var looks = Array.from(document.querySelectorAll("link[rel=stylesheet]")).map(function (link) { return link.href; });
    var scripts = Array.from(document.querySelectorAll("script[src*='kept'], script[src*='concern']")).map(function (one) { return one.src; });
    if (!found[1].ok || !found[2].ok) { return null; }
    return Promise.all([found[0].put(list, found[1]), found[0].put(report, found[2])]).then(function () {
      return found[0].addAll(looks.concat(scripts));
    });
  }).then(function () { document.documentElement.dataset.kept = "week"; }).catch(function () {});
})();
