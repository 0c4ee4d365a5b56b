/* Copying: what stands in a field, or a link that is made when it is asked for. Every page works without this file. */
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (button) { copy(document.getElementById(button.dataset.copy), function () { say(button); }); }
  });

  /* Without this file the button opens a page with the link; with it one stays where one was. */
  document.addEventListener("submit", function (event) {
    var button = event.submitter;
    if (!button || !button.matches("[data-copies]") || button.dataset.gone) { return; }
    event.preventDefault();
    made(button).then(function (url) {
      var field = fieldBeside(button, url);
      copy(field, function () { field.remove(); say(button); });
    }).catch(function () {
      button.dataset.gone = "1";
      button.form.requestSubmit(button);
    });
  });

  function made(button) {
    var sent = new FormData(button.form);
    sent.append(button.name, button.value);
    return fetch(button.form.action, {
      method: "POST", credentials: "same-origin", headers: { Accept: "application/json" }, body: sent
    }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("not made"); }
      return answer.json();
    }).then(function (body) { return body.url; });
  }

  /* Where the clipboard is closed to us, the link stands here to be copied by hand. */
  function fieldBeside(button, url) {
    var field = document.createElement("input");
    field.className = "form-control qs-mono";
    field.readOnly = true;
    field.value = url;
    field.setAttribute("aria-label", button.getAttribute("aria-label") || button.textContent);
    button.before(field);
    return field;
  }

  function say(button) {
    button.removeAttribute("aria-label");
    button.textContent = button.dataset.done;
  }

  /* Browsers keep the clipboard to https and to this machine; elsewhere the older way copies what is selected. */
  function copy(field, done) {
    function olderWay() { field.select(); if (document.execCommand("copy")) { done(); } }
    if (!navigator.clipboard) { olderWay(); return; }
    navigator.clipboard.writeText(field.value).then(done, olderWay);
  }
})();
