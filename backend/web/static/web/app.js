/* Keys, focus and small conveniences. Every page works without this file. */
(function () {
  "use strict";

  /* A tick or a button has the focus after a click, and takes no letters. */
  function typing(target) {
    var field = target.closest("input, textarea, select, [contenteditable]");
    return field !== null && !field.matches("input[type=checkbox], input[type=radio], input[type=submit]");
  }

  function rows() {
    return Array.from(document.querySelectorAll("tr[data-row]"));
  }

  function move(step) {
    var all = rows();
    if (!all.length) { return; }
    var at = all.indexOf(document.activeElement.closest ? document.activeElement.closest("tr[data-row]") : null);
    var next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    var link = next.querySelector("a[href]");
    if (link) { link.focus(); } else { next.tabIndex = -1; next.focus(); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.qs-menu[open]").forEach(function (menu) { menu.open = false; });
      return;
    }
    if (typing(event.target)) { return; }
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { press(event); return; }
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "?") {
      var keys = document.querySelector("details[data-keys]");
      if (keys) { keys.open = !keys.open; keys.scrollIntoView({ block: "nearest" }); }
    } else if (event.key === "/") {
      var find = document.getElementById("q") || document.querySelector("[data-slash]");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    } else if (event.key === "j") { move(1); } else if (event.key === "k") { move(-1); } else { press(event); }
  });

  /* x ticks the row that has the focus; other letters press the button that shows them. */
  function press(event) {
    if (event.key === "x" && !event.ctrlKey && !event.metaKey) {
      var row = document.activeElement.closest ? document.activeElement.closest("tr[data-row]") : null;
      var tick = row && row.querySelector("[data-pick]");
      if (tick) { tick.click(); }
      return;
    }
    var button = /^[a-z]$/.test(event.key) && document.querySelector("[data-key='" + event.key + "']");
    if (button && button.offsetParent !== null) { event.preventDefault(); button.click(); }
  }

  /* How many rows are ticked. */
  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-pick], [data-pick-all], [data-pick-listed]")) { return; }
    var form = event.target.form;
    if (event.target.matches("[data-pick-all]")) {
      form.querySelectorAll("[data-pick]").forEach(function (tick) { tick.checked = event.target.checked; });
    }
    var listed = form.querySelector("[data-pick-listed]");
    if (listed && event.target.matches("[data-pick]")) { listed.checked = false; }
    picked(form);
  });
  document.addEventListener("reset", function (event) {
    if (event.target.matches("[data-picks]")) { setTimeout(function () { picked(event.target); }); }
  });

  /*
   * All rows of the list are offered once those of the page are ticked, and no longer when one of them is not. On a
   * phone there is no tick for the page, and they are offered with the first.
   */
  function picked(form) {
    var ticks = form.querySelectorAll("[data-pick]");
    var n = form.querySelectorAll("[data-pick]:checked").length;
    var rest = form.querySelector("[data-pick-rest]");
    var listed = form.querySelector("[data-pick-listed]");
    if (rest) {
      var all = form.querySelector("[data-pick-all]");
      rest.hidden = n < (all && all.offsetParent !== null ? ticks.length : 1);
      if (rest.hidden) { listed.checked = false; }
      if (listed.checked) { n = Number(listed.dataset.pickListed).toLocaleString("en"); }
    }
    var said = form.querySelector("[data-picked]");
    if (said) { said.textContent = said.dataset.picked.replace("{n}", n); }
  }

  document.addEventListener("click", function (event) {
    var target = event.target;
    document.querySelectorAll("details.qs-menu[open]").forEach(function (menu) {
      if (!menu.contains(target)) { menu.open = false; }
    });
    var opened = target.closest("tr[data-row] [hx-target='#side']");
    if (opened) { shown = opened.getAttribute("href"); mark(); }
    if (target.closest("[data-print]")) { window.print(); }
  });

  /* A row with a panel beside it opens by a click anywhere on it, but where it has a control or its words are marked. */
  document.addEventListener("click", function (event) {
    var row = event.target.closest("tr[data-opens]");
    if (!row || event.target.closest("a, button, input, select, textarea, label, summary, .pick")) { return; }
    if (event.ctrlKey || event.metaKey || event.shiftKey || !window.getSelection().isCollapsed) { return; }
    row.querySelector("[hx-target='#side']").click();
  });

  /* A tick that decides what a button says: both sentences are in the page already. */
  document.addEventListener("change", function (event) {
    var tick = event.target.closest("[data-shows]");
    if (!tick) { return; }
    document.querySelectorAll("[data-when='" + tick.dataset.shows + "']").forEach(function (part) {
      part.hidden = !tick.checked;
    });
    document.querySelectorAll("[data-unless='" + tick.dataset.shows + "']").forEach(function (part) {
      part.hidden = tick.checked;
    });
  });

  /* The row that the panel beside the table is about; it stays marked when the table reads itself anew. */
  var shown = "";

  function mark() {
    document.querySelectorAll("tr[data-row] [hx-target='#side']").forEach(function (link) {
      var row = link.closest("tr");
      if (shown && link.getAttribute("href") === shown) { row.setAttribute("aria-current", "true"); } else { row.removeAttribute("aria-current"); }
    });
  }

  /* Of a form's parts only those of the chosen kind; without this file all are there, each under its own heading. */
  function choose(form) {
    form.querySelectorAll("[data-for]").forEach(function (part) {
      var chosen = form.querySelector("input[name='" + part.dataset.by + "']:checked");
      part.hidden = !chosen || part.dataset.for.split(" ").indexOf(chosen.value) < 0;
    });
  }

  document.addEventListener("change", function (event) {
    if (event.target.form && event.target.form.querySelector("[data-by='" + event.target.name + "']")) {
      choose(event.target.form);
    }
  });

  /* How tall the rows of big tables are: a choice of this device. */
  function density() {
    try { return localStorage.getItem("density") || ""; } catch (error) { return ""; }
  }

  function space(root) {
    var chosen = density();
    root.querySelectorAll("table[data-spaced]").forEach(function (table) {
      if (chosen) { table.dataset.density = chosen; }
    });
    root.querySelectorAll("[data-density-choice]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.densityChoice === (chosen || "compact")));
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-density-choice]");
    if (!button) { return; }
    try { localStorage.setItem("density", button.dataset.densityChoice); } catch (error) { return; }
    space(document);
  });

  function settle(root) {
    root.querySelectorAll("[data-needs-script]").forEach(function (part) { part.hidden = false; });
    root.querySelectorAll("form[data-picks]").forEach(picked);
    space(root);
    mark();
    root.querySelectorAll("form").forEach(choose);
    root.querySelectorAll("[data-shows]").forEach(function (tick) {
      tick.dispatchEvent(new Event("change", { bubbles: true }));
    });
    var alert = root.querySelector("[data-focus]");
    if (alert) { alert.focus(); }
  }

  document.addEventListener("DOMContentLoaded", function () {
    settle(document);
    var seen = document.body.dataset.seen;
    if (seen && navigator.sendBeacon) { navigator.sendBeacon(seen); }
    var said = document.querySelector("form[data-said-on-load]");
    if (said && navigator.sendBeacon) { navigator.sendBeacon(said.action, new FormData(said)); }
  });
  /* Where the panel would stand under fifty rows, the pair has the whole page instead. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    var link = event.detail.elt;
    if (event.detail.target.id === "side" && link.matches("tr a[href]") && window.matchMedia("(max-width: 1100px)").matches) {
      event.preventDefault();
      window.location.assign(link.href);
    }
  });
  document.addEventListener("htmx:afterSettle", function (event) { settle(event.target); });
})();
