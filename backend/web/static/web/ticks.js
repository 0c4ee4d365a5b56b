/* Attendance: every tick is kept on the device until the server has it. Without this file the button saves all. */
(function () {
  "use strict";

  var form = document.querySelector("[data-ticks]");
  if (!form || !window.localStorage || !window.fetch) { return; }
  var said = document.querySelector("[data-ticks-said]");
  var key = "ticks:" + form.dataset.ticks;
  var busy = false;

  function waiting() {
    try { return JSON.parse(localStorage.getItem(key) || "[]"); } catch (error) { return []; }
  }

  function keep(ticks) { localStorage.setItem(key, JSON.stringify(ticks)); }

  function say() {
    var left = waiting().length;
    said.textContent = left ? said.dataset.going.replace("{n}", left) : said.dataset.kept;
  }

  /* Random, so that two devices never give one id. */
  function fresh() {
    var numbers = new Uint8Array(16);
    crypto.getRandomValues(numbers);
    return Array.from(numbers, function (n) { return (n + 256).toString(16).slice(1); }).join("");
  }

  function send() {
    var ticks = waiting();
    if (busy || !ticks.length) { return; }
    busy = true;
    fetch(window.location.pathname, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify(ticks)
    }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("kept here"); }
      return answer.json();
    }).then(function (answer) {
      keep(waiting().filter(function (tick) { return answer.kept.indexOf(tick.id) < 0; }));
      busy = false;
      say();
      send();
    }).catch(function () { busy = false; say(); });
  }

  form.addEventListener("change", function (event) {
    if (event.target.name !== "there") { return; }
    var ticks = waiting();
    ticks.push({ id: fresh(), seat: event.target.value, present: event.target.checked, at: new Date().toISOString() });
    keep(ticks);
    say();
    send();
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); send(); });
  window.addEventListener("online", send);
  setInterval(send, 15000);

  /* What was ticked here and is not yet known there is shown as ticked here. */
  waiting().forEach(function (tick) {
    var box = form.querySelector("input[name=there][value='" + tick.seat + "']");
    if (box) { box.checked = tick.present; }
  });
  if (waiting().length) { say(); send(); }
})();
