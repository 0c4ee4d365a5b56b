/*
 A mandatory report leaves even when the net fails: it is kept on this device, as codes only, and sent again from any
 page until the service has it. It is the same report however often it arrives. Without this file the form posts as it is.
*/
(function () {
  "use strict";

  if (!window.kept || !window.localStorage || !window.fetch) { return; }
  var NAME = "concern";
  var url = document.currentScript.dataset.report;
  var form = document.querySelector("form[data-concern]");
  var said = document.querySelector("[data-concern-said]");
  var busy = false;

  function waiting() { return kept.rows(NAME); }

  /* Kept for seven days from now, whichever page it is. */
  function keep(rows) {
    var until = new Date(Date.now() + 6 * 24 * 3600 * 1000).toISOString().slice(0, 10);
    kept.keep(NAME, rows, until);
  }

  function fresh() {
    var numbers = new Uint8Array(16);
    crypto.getRandomValues(numbers);
    return Array.from(numbers, function (n) { return (n + 256).toString(16).slice(1); }).join("");
  }

  function say(words, isGood) {
    if (!said) { return; }
    said.hidden = false;
    said.querySelector("[data-words]").textContent = words;
    said.classList.toggle("is-ok", Boolean(isGood));
  }

  function token() {
    var field = document.querySelector("[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  function drop(key) { keep(waiting().filter(function (one) { return one.key !== key; })); }

  function send() {
    var one = waiting()[0];
    if (busy || !one || !token()) { return; }
    busy = true;
    fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Accept": "application/json", "X-CSRFToken": token() },
      body: new URLSearchParams(one)
    }).then(function (answer) {
      if (answer.redirected || (answer.status !== 200 && answer.status !== 400)) { throw new Error("kept here"); }
      return answer.json();
    }).then(function (answer) {
      drop(one.key);
      say(answer.sent || answer.refused, Boolean(answer.sent));
      busy = false;
      send();
    }).catch(function () {
      busy = false;
      if (said) { say(said.dataset.queued, false); }
    });
  }

  if (form) {
    form.addEventListener("submit", function (event) {
      var button = event.submitter;
      if (!button || button.name !== "situation") { return; }
      event.preventDefault();
      var child = form.querySelector("[name=child]");
      var rows = waiting();
      rows.push({ key: fresh(), situation: button.value, child: child ? child.value : "", pressed: new Date().toISOString() });
      keep(rows);
      if (said) { say(said.dataset.going, false); said.scrollIntoView({ block: "center" }); }
      send();
    });
  }
  window.addEventListener("online", send);
  setInterval(send, 15000);
  if (waiting().length) {
    if (said) { say(said.dataset.queued, false); }
    send();
  }
})();
