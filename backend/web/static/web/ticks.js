/* Attendance: every tick is kept on the device until the server has it. Without this file the button saves all. */
(function () {
  "use strict";

  var form = document.querySelector("[data-ticks]");
  if (!form || !window.kept || !window.localStorage || !window.fetch) { return; }
  var said = document.querySelector("[data-ticks-said]");
  var name = "ticks:" + form.dataset.ticks;
  var busy = false, stopped = "";

  function waiting() { return kept.rows(name); }
  function keep(ticks) { kept.keep(name, ticks, form.dataset.until); }

  function say() {
    var left = waiting().length;
    said.textContent = stopped ? said.dataset[stopped].replace("{n}", left)
      : left ? said.dataset.going.replace("{n}", left) : said.dataset.kept;
    said.classList.toggle("ph-warn", Boolean(stopped));
  }

  /* Random, so that two devices never give one id. */
  function fresh() {
    var numbers = new Uint8Array(16);
    crypto.getRandomValues(numbers);
    return Array.from(numbers, function (n) { return (n + 256).toString(16).slice(1); }).join("");
  }

  /* What no further try would mend: the day is no longer this person's, the ticks cannot be read, the session is over. */
  function stop(answer) {
    if (answer.status === 404) { stopped = "gone"; keep([]); }
    else if (answer.status === 400) { stopped = "refused"; }
    else if (answer.status === 403 || answer.redirected) { stopped = "signIn"; }
  }

  function send() {
    var ticks = waiting();
    if (busy || stopped || !ticks.length) { return; }
    busy = true;
    fetch(window.location.pathname, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify(ticks)
    }).then(function (answer) {
      stop(answer);
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
  form.addEventListener("submit", function (event) { event.preventDefault(); stopped = ""; say(); send(); });
  window.addEventListener("online", send);
  setInterval(send, 15000);

  /* What was ticked here and is not yet known there is shown as ticked here. */
  waiting().forEach(function (tick) {
    var box = form.querySelector("input[name=there][value='" + tick.seat + "']");
    if (box) { box.checked = tick.present; }
  });
  if (waiting().length) { say(); send(); }
})();
