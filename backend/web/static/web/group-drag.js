/* Dragging children between groups. The server says what a move would do, and makes it; the links do the same without. */
(function () {
  "use strict";

  var board = document.getElementById("group-board"), said = document.getElementById("group-said");
  var form = document.getElementById("group-move");
  if (!board || !said || !form) { return; }
  var dragged = null, effects = {}, over = null;

  function show(words, lines) {
    said.replaceChildren();
    var head = document.createElement("b");
    head.textContent = words;
    said.append(head);
    (lines || []).forEach(function (line) {
      var item = document.createElement("div");
      item.textContent = line;
      said.append(item);
    });
  }

  function mark(target) {
    if (over) { over.classList.remove("is-over"); }
    over = target;
    if (over) { over.classList.add("is-over"); }
  }

  /* What a drop here would mean: changing places with a child, or going into a group. */
  function aim(node) {
    var child = node.closest("[data-seat]"), group = node.closest("[data-group]");
    if (child && child !== dragged && dragged.dataset.in && child.dataset.in && child.dataset.in !== dragged.dataset.in) {
      return { target: child, key: "with=" + child.dataset.seat, words: dragged.textContent + " ↔ " + child.textContent };
    }
    if (group && group.dataset.group !== dragged.dataset.in) {
      return { target: group, key: "group=" + group.dataset.group, words: dragged.textContent + " → " + group.dataset.name };
    }
    return null;
  }

  function tell(wanted) {
    var known = effects[wanted.key];
    if (known) { show(wanted.words, known === "asked" ? [] : known); return; }
    effects[wanted.key] = "asked";
    var seat = dragged, all = effects;
    show(wanted.words, []);
    fetch(seat.dataset.effect + "?" + wanted.key, { credentials: "same-origin" }).then(function (answer) {
      return answer.json();
    }).then(function (answer) {
      all[wanted.key] = answer.lines;
      if (seat === dragged && over === wanted.target) { show(wanted.words, answer.lines); }
    }).catch(function () { delete all[wanted.key]; });
  }

  board.querySelectorAll("[data-seat]").forEach(function (child) {
    child.draggable = true;
    child.addEventListener("dragstart", function (event) {
      dragged = child;
      effects = {};
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", child.textContent);
    });
    child.addEventListener("dragend", function () { mark(null); dragged = null; });
  });

  board.addEventListener("dragover", function (event) {
    var wanted = dragged && aim(event.target);
    if (!wanted) { mark(null); return; }
    event.preventDefault();
    if (over !== wanted.target) { mark(wanted.target); tell(wanted); }
  });

  board.addEventListener("drop", function (event) {
    var wanted = dragged && aim(event.target);
    if (!wanted) { return; }
    event.preventDefault();
    var parts = wanted.key.split("=");
    form.action = dragged.dataset.move;
    form.elements.group.value = parts[0] === "group" ? parts[1] : "";
    form.elements.with.value = parts[0] === "with" ? parts[1] : "";
    form.submit();
  });
})();
