/* Answers without a net: with the list of the week and the form for a report that are kept for whoever is signed in. */
"use strict";

var NOTHING = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>牵手</title>" +
  "<p>没有网。连上以后再打开。</p><p lang=en>Offline. Please open this again when you are connected.</p>";

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

function isOver(answer) { return !(Date.parse(answer.headers.get("X-Kept-Until") || "") > Date.now()); }

/* The form where a report was asked for, else the list, as long as they may be kept; afterwards they are thrown away. */
function kept(asked) {
  var path = new URL(asked.url).pathname === "/report/" ? "/report/kept/" : "/week/list/";
  return caches.keys().then(function (names) {
    var mine = names.filter(function (name) { return name.indexOf("week:") === 0; })[0];
    if (!mine) { return null; }
    return caches.open(mine).then(function (cache) { return cache.match(path); }).then(function (answer) {
      if (answer && isOver(answer)) { return caches.delete(mine).then(function () { return null; }); }
      return answer;
    });
  }).then(function (answer) {
    return answer || new Response(NOTHING, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
  });
}

self.addEventListener("fetch", function (event) {
  var asked = event.request;
  if (asked.method !== "GET") { return; }
  if (asked.mode === "navigate") {
    event.respondWith(fetch(asked).catch(function () { return kept(asked); }));
  } else if (asked.destination === "style" || asked.destination === "script") {
    event.respondWith(fetch(asked).catch(function () {
      return caches.match(asked).then(function (kept) { return kept || Response.error(); });
    }));
  }
});
