/* Keeps the list of the week, and how it looks, for when there is no net. See worker.js and kept.js. */
(function () {
  "use strict";

  var who = document.documentElement.dataset.who, list = document.currentScript.dataset.list;
  if (!who || !navigator.serviceWorker || !window.caches) { return; }

  navigator.serviceWorker.register(document.currentScript.dataset.worker).then(function () {
    return Promise.all([caches.open("week:" + who), fetch(list, { credentials: "same-origin", redirect: "error" })]);
  }).then(function (found) {
    var sheets = Array.from(document.querySelectorAll("link[rel=stylesheet]")).map(function (link) { return link.href; });
    if (!found[1].ok) { return null; }
    return found[0].put(list, found[1]).then(function () { return found[0].addAll(sheets); });
  }).then(function () { document.documentElement.dataset.kept = "week"; }).catch(function () {});
})();
