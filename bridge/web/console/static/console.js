// What the console's pages do by themselves. Every page works without it: it refreshes, copies, counts and asks back.
"use strict";

const live = () => document.getElementById("live");
const stale = () => document.getElementById("stale");

// A page that nobody sees asks nothing; it asks at once when it is seen again.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt === live()) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && live()?.hasAttribute("hx-get")) htmx.trigger(live(), "wake");
});

// What is under a finger stays until it is lifted: a click on what was replaced meanwhile would be lost.
let pressed = false;
let waiting = null;
document.addEventListener("pointerdown", () => (pressed = true), true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(lifted), true);
function lifted() {
  pressed = false;
  if (waiting) htmx.trigger(waiting, waiting === live() ? "wake" : "submit");
  waiting = null;
}

// What is the same is left alone, so that neither a reader's place nor a screen reader is disturbed.
let shown = "";
let unfolded = [];
let focus = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== live()) return;
  if (pressed && event.detail.shouldSwap) {
    event.detail.shouldSwap = false;
    waiting = event.detail.elt;
    return;
  }
  if (!event.detail.isError) stale().hidden = true;
  const answer = event.detail.serverResponse;
  const typing = live().contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  if (event.detail.elt === live() && (answer === shown || typing)) event.detail.shouldSwap = false;
  if (event.detail.shouldSwap) shown = answer;
  unfolded = [...live().querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  focus = live().contains(document.activeElement) ? wayTo(document.activeElement) : "";
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== live()) return;
  for (const summary of live().querySelectorAll("details > summary")) {
    if (unfolded.includes(summary.textContent)) summary.parentElement.open = true;
  }
  if (focus && document.activeElement === document.body) live().querySelector(focus)?.focus({ preventScroll: true });
});

// How an element is found again after its neighbourhood was replaced.
function wayTo(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  const form = element.closest("form[action]");
  return form ? `form[action="${CSS.escape(form.getAttribute("action"))}"] button` : "";
}

// Somebody who filters has the refreshing follow the filter.
document.addEventListener("htmx:pushedIntoHistory", (event) => {
  if (!live()) return;
  live().setAttribute("hx-get", event.detail.path);
  live().setAttribute("hx-trigger", "every 2s, wake");
  htmx.process(live());
});
for (const fault of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(fault, (event) => {
    if (event.detail.elt === live()) stale().hidden = false;
  });
}

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = "Copied";
  } catch {
    window.getSelection().selectAllChildren(source); // without a clipboard at least it is marked
    button.textContent = "Marked: copy it by hand";
  }
  setTimeout(() => (button.textContent = words), 2000);
});

// "?" or "/" leads to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !["?", "/"].includes(event.key)) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (document.querySelector("header nav")) {
    window.location.assign("/links");
  }
});

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
function ago(moment) {
  const passed = (Date.now() - Date.parse(moment)) / 1000;
  const [size, unit] = UNITS.find(([size]) => Math.abs(passed) >= size) ?? UNITS[3];
  const length = `${Math.floor(Math.abs(passed) / size)} ${unit}`;
  return passed >= 0 ? `${length} ago` : `in ${length}`;
}
setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time.ago")) {
    const told = ago(time.dateTime);
    if (time.textContent !== told) time.textContent = told;
  }
}, 5000);
