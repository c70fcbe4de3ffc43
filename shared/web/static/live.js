// A convenience: says when something on this page has changed, and shows it without a reload.
// Everything works without it.
(function () {
  var place = document.querySelector("[data-live]");
  if (!place || !window.EventSource || !window.fetch) return;
  var note = document.getElementById("live-note");
  var asking = false, again = false;
  function refresh() {
    if (asking) { again = true; return; }
    // What somebody is choosing from must not move under their hands.
    if (place.querySelector("input[type=checkbox]:checked")) {
      note.textContent = "Something has changed. Load the page again to see it.";
      return;
    }
    asking = true;
    fetch(location.href, { credentials: "same-origin" }).then(function (answer) {
      return answer.ok ? answer.text() : null;
    }).then(function (text) {
      var fresh = text && new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
      if (fresh) {
        place.innerHTML = fresh.innerHTML;
        note.textContent = "This page has been brought up to date.";
      }
    }).catch(function () {}).then(function () {
      asking = false;
      if (again) { again = false; refresh(); }
    });
  }
  var source = new EventSource(place.getAttribute("data-live"));
  source.onmessage = refresh;
  source.onerror = function () {
    if (source.readyState === EventSource.CLOSED) setInterval(refresh, 30000);
  };
})();
