/*
 What is kept on this device: ticks that are not sent yet, and the week to be read without a net.
 It goes when its person signs out, when somebody else signs in, and after its last day.
*/
(function () {
  "use strict";

  var who = document.documentElement.dataset.who || "";
  var MARK = "kept:";
  var today = new Date().toISOString().slice(0, 10);

  function all() {
    try { return Object.keys(localStorage).filter(function (key) { return key.indexOf(MARK) === 0; }); } catch (error) { return []; }
  }

  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (error) { return {}; }
  }

  function unsent() {
    return all().reduce(function (sum, key) { return sum + (read(key).rows || []).length; }, 0);
  }

  function forget() {
    all().forEach(function (key) { localStorage.removeItem(key); });
    if (window.caches) { caches.keys().then(function (names) { names.forEach(function (name) { caches.delete(name); }); }); }
  }

  all().forEach(function (key) {
    var until = read(key).until;
    if ((who && key.indexOf(MARK + who + ":") !== 0) || !until || until < today) { localStorage.removeItem(key); }
  });

  /* Signing out takes everything along; what was not sent is said once before. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("form[data-sign-out]")) { return; }
    var left = unsent();
    if (left && !form.dataset.said) {
      event.preventDefault();
      form.dataset.said = "1";
      var words = document.createElement("p");
      words.className = "cap";
      words.setAttribute("role", "alert");
      words.textContent = form.dataset.signOut.replace("{n}", left);
      form.prepend(words);
      return;
    }
    forget();
  });

  window.kept = {
    /* Rows kept under a name for this person until a day; no rows take the name away. */
    rows: function (name) { return read(MARK + who + ":" + name).rows || []; },
    keep: function (name, rows, until) {
      var key = MARK + who + ":" + name;
      if (rows.length) { localStorage.setItem(key, JSON.stringify({ until: until, rows: rows })); } else { localStorage.removeItem(key); }
    }
  };
})();
