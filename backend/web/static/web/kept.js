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
    return lists(function () { return true; });
  }

  /* Throws away every kept week for which `goes(name, answer)` holds. */
  function lists(goes) {
    if (!window.caches) { return Promise.resolve(); }
    return caches.keys().then(function (names) {
      return Promise.all(names.filter(function (name) { return name.indexOf("week:") === 0; }).map(function (name) {
        return caches.open(name).then(function (cache) { return cache.match("/week/list/"); }).then(function (answer) {
          return goes(name, answer) ? caches.delete(name) : null;
        });
      }));
    });
  }

  lists(function (name, answer) {
    var until = answer && Date.parse(answer.headers.get("X-Kept-Until") || "");
    return (who && name !== "week:" + who) || (answer && !(until > Date.now()));
  });

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
    event.preventDefault();
    var leave = function () { form.submit(); };
    forget().then(leave, leave);
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
