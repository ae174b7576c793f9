"use strict";
// What pages need beyond links and forms: a question before what cannot be undone, the age of
// times that goes on, keys that lead somewhere, and errors told where they are seen.

document.addEventListener("submit", (event) => {
  const question = (event.submitter && event.submitter.dataset.sure) || event.target.dataset.sure;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// Boxes that check all others of their table.
document.addEventListener("change", (event) => {
  const all = event.target;
  if (!all.matches("input[data-all]")) return;
  for (const box of document.getElementsByName(all.dataset.all)) box.checked = all.checked;
});

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function duration(seconds) {
  let left = Math.round(Math.abs(seconds));
  if (left === 0) return "0\u00a0s";
  const parts = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) parts.push(`${count}\u00a0${unit}`);
    else if (parts.length) break;
  }
  return parts.slice(0, 2).join(" ");
}

// Ages are written by the server; they go on from there by the clock of this machine, whose time
// may be another.
const loadedAt = Date.now();
const servedAt = Date.parse(document.documentElement.dataset.now) || loadedAt;

function tell() {
  const now = servedAt + (Date.now() - loadedAt);
  for (const time of document.querySelectorAll("time[datetime]")) {
    if (time.hasAttribute("data-plain")) continue;
    const seconds = (now - Date.parse(time.dateTime)) / 1000;
    const text = Math.abs(seconds) < 3 ? "now"
      : seconds > 0 ? `${duration(seconds)} ago` : `in ${duration(seconds)}`;
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(() => { if (!document.hidden) tell(); }, 5000);

// "/" goes to the search field, as in many programs; not while something is written.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.getElementById("find");
  if (field) { event.preventDefault(); field.focus(); field.select(); }
});

// Times of parts that were put in place are told anew; a server that is away is said once.
document.addEventListener("htmx:afterSwap", tell);
document.addEventListener("htmx:sendError", () => {
  document.getElementById("live").textContent = "The server does not answer; trying again.";
  document.body.classList.add("away");
});
document.addEventListener("htmx:afterOnLoad", () => {
  document.getElementById("live").textContent = "";
  document.body.classList.remove("away");
});
