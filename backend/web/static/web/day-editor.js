/* Dragging the plan of an event day. The server judges every place a box is held over, and every drop. */
(function () {
  "use strict";

  var frame = document.getElementById("editor");
  var said = document.getElementById("editor-said");
  if (!frame || !window.EventCalendar) { return; }
  var token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  var versions = document.querySelectorAll("[data-version]");
  var state = null, calendar = null, asked = "", timer = 0;

  function minutes(date) { return date.getHours() * 60 + date.getMinutes(); }

  /* What a box at a new place means: the segment's own start, its length, another host or place. */
  function change(box, event) {
    var was = box.starts_box, fields = { segment: box.segment };
    var moved = minutes(event.start) - was[0], grown = minutes(event.end) - minutes(event.start) - (was[1] - was[0]);
    if (moved) { fields.start = String(box.starts + moved); }
    if (grown) { fields.minutes = String(was[1] - was[0] + grown); }
    var row = (event.resourceIds || [box.row])[0], from = box.row.split(":"), to = row.split(":");
    if (row !== box.row && from[0] === to[0] && from[0] !== "group") {
      fields[from[0]] = to[1];
      fields["from_" + from[0]] = from[1];
    }
    return fields;
  }

  function query(fields) { return new URLSearchParams(fields).toString(); }

  function line(level, words) {
    var item = document.createElement("li"), tag = document.createElement("span"), text = document.createElement("span");
    if (level) { tag.className = "qs-tag " + level; tag.textContent = said.dataset[level] || ""; }
    text.textContent = words;
    item.append(tag, text, document.createElement("span"));
    return item;
  }

  function show(lines) {
    said.replaceChildren();
    if (!lines.length) { said.append(line("", said.dataset.fine)); }
    lines.forEach(function (one) { said.append(line(one.level, one.words)); });
  }

  function judge(fields) {
    var wanted = query(fields);
    if (wanted === asked) { return; }
    asked = wanted;
    clearTimeout(timer);
    timer = setTimeout(function () {
      fetch(frame.dataset.try + "?" + wanted, { credentials: "same-origin" }).then(function (answer) { return answer.json(); })
        .then(function (answer) { if (wanted === asked) { show(answer.lines); } }).catch(function () {});
    }, 120);
  }

  function keep(info) {
    var fields = change(info.event.extendedProps, info.event);
    if (Object.keys(fields).length < 2) { info.revert(); return; }
    fields.version = String(state.version);
    fetch(frame.dataset.drag, {
      method: "POST", credentials: "same-origin", body: query(fields),
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": token }
    }).then(function (answer) { return answer.json(); }).then(function (answer) {
      if (!answer.ok) { info.revert(); show([{ level: "hard", words: answer.words }]); return; }
      load();
    }).catch(function () { info.revert(); show([{ level: "hard", words: said.dataset.lost }]); });
  }

  function boxes() {
    return state.boxes.map(function (box) {
      var from = box.start.split(":"), to = box.end.split(":");
      box.starts_box = [from[0] * 60 + Number(from[1]), to[0] * 60 + Number(to[1])];
      return {
        id: box.id, resourceIds: [box.row], start: state.date + "T" + box.start + ":00", end: state.date + "T" + box.end + ":00",
        title: box.title, extendedProps: box, startEditable: box.may_move, durationEditable: box.may_stretch,
        classNames: ["qs-box", "s" + box.shade, box.look || "plain"]
      };
    });
  }

  function content(info) {
    if (info.event.display === "preview" && info.event.extendedProps.segment) { judge(change(info.event.extendedProps, info.event)); }
    return info.event.title;
  }

  function draw() {
    if (calendar) {
      calendar.setOption("events", boxes());
      return;
    }
    calendar = window.EventCalendar.create(frame, {
      view: "resourceTimelineDay", date: state.date, headerToolbar: { start: "", center: "", end: "" }, locale: document.documentElement.lang,
      slotMinTime: state.begin, slotMaxTime: state.end, slotDuration: "00:05", slotLabelInterval: "00:30", slotWidth: 26, height: "auto",
      snapDuration: "00:01", editable: true, eventStartEditable: true, eventDurationEditable: true, nowIndicator: false,
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false }, dragScroll: true, eventContent: content,
      resources: state.rows, events: boxes(), eventDrop: keep, eventResize: keep,
      eventClick: function (info) { if (info.event.extendedProps.page) { window.location = info.event.extendedProps.page; } }
    });
  }

  function load() {
    fetch(frame.dataset.timeline + "?rows=" + frame.dataset.rows, { credentials: "same-origin" }).then(function (answer) {
      return answer.json();
    }).then(function (answer) {
      state = answer;
      versions.forEach(function (field) { field.value = answer.version; });
      draw();
      asked = "";
      if (state.rows.length) { judge({ segment: (state.boxes.find(function (box) { return box.segment; }) || {}).segment || "" }); }
      frame.dataset.version = String(answer.version);
    });
  }

  /* The library calls its boxes a table and gives it no rows, which misleads a screen reader; the lists of the day's own
     page say the same in order. */
  new MutationObserver(function () {
    frame.querySelectorAll("[role], [aria-colindex], [aria-rowindex]").forEach(function (part) {
      if (/^(table|row|cell|columnheader)/.test(part.getAttribute("role") || "")) { part.removeAttribute("role"); }
      ["aria-colindex", "aria-rowindex"].forEach(function (name) { part.removeAttribute(name); });
    });
  }).observe(frame, { childList: true, subtree: true, attributes: true, attributeFilter: ["role", "aria-colindex"] });

  load();
})();
