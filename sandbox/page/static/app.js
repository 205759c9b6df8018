// The page's own script: live updates that keep focus and half-typed text, confirm dialogs, menus, and the composer.
// Everything else is htmx attributes in the templates.
"use strict";

/* ---- morph: change only what differs ---- */

// morph makes the children of `to` look like those of `from`, reusing elements with the same id or place.
function morph(to, from) {
  const kept = new Map();
  for (const child of to.children) if (child.id) kept.set(child.id, child);
  let at = to.firstChild;
  for (const wanted of [...from.childNodes]) {
    let match = wanted.id ? kept.get(wanted.id) : null;
    if (!match && at && !wanted.id && !at.id && sameKind(at, wanted)) match = at;
    if (match && !sameKind(match, wanted)) match = null;
    if (!match) {
      to.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else to.insertBefore(match, at);
    morphOne(match, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function sameKind(a, b) { return a.nodeType === b.nodeType && a.nodeName === b.nodeName; }

function morphOne(to, from) {
  if (to.nodeType !== Node.ELEMENT_NODE) {
    if (to.nodeValue !== from.nodeValue) to.nodeValue = from.nodeValue;
    return;
  }
  if (to.isEqualNode(from) || to.hasAttribute("data-keep")) return;
  const focused = to === document.activeElement;
  const changed = (name) => to.getAttribute(name) !== from.getAttribute(name);
  // What somebody typed or chose stays, unless the server says something new; what they are typing stays in any case.
  const value = to.matches("input:not([type=checkbox]):not([type=radio])") && changed("value") && !focused;
  const checked = to.matches("input[type=checkbox], input[type=radio]");
  const text = to.nodeName === "TEXTAREA" && to.textContent !== from.textContent && !focused;
  const options = to.nodeName === "SELECT";
  for (const { name } of [...to.attributes]) {
    if (!from.hasAttribute(name) && !(name === "open" && to.hasAttribute("data-keep-open"))) to.removeAttribute(name);
  }
  for (const { name, value } of from.attributes) if (to.getAttribute(name) !== value) to.setAttribute(name, value);
  if (value) to.value = from.getAttribute("value") || "";
  if (checked) to.checked = from.hasAttribute("checked");
  if (text) to.value = from.textContent;
  if (to.nodeName === "TEXTAREA") return;
  if (to.nodeName === "TEMPLATE") { to.innerHTML = from.innerHTML; return; }
  morph(to, from);
  if (options) {
    const selected = [...to.options].findIndex((o) => o.hasAttribute("selected"));
    if (selected >= 0) to.selectedIndex = selected;
  }
}

htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const stream = target.id === "stream" ? target : null;
    const atEnd = stream && stream.scrollHeight - stream.scrollTop - stream.clientHeight < 120;
    morph(target, fragment);
    if (stream && atEnd) stream.scrollTop = stream.scrollHeight;
    if (target.id === "modals") modalChanged(target);
    return [target];
  },
});

/* ---- live updates ---- */

const body = document.body;
const changedEvents = {
  message: (channel) => {
    const stream = document.getElementById("stream");
    if (stream && stream.dataset.channel === channel) htmx.trigger(body, "stream-changed");
    htmx.trigger(body, "nav-changed");
  },
  home: () => htmx.trigger(body, "home-changed"),
  modal: () => htmx.trigger(body, "modal-changed"),
  people: () => htmx.trigger(body, "people-changed"),
  directory: () => htmx.trigger(body, "nav-changed"),
  opened: () => ["stream-changed", "home-changed", "modal-changed", "nav-changed"].forEach((e) => htmx.trigger(body, e)),
};
const live = new EventSource(body.dataset.base + "/events");
live.onmessage = (e) => {
  const change = JSON.parse(e.data);
  if (changedEvents[change.kind]) changedEvents[change.kind](change.channel);
  body.dataset.live = "true";
};
window.addEventListener("pagehide", () => live.close());

/* ---- modals ---- */

let modalShown = "";
let focusBefore = null;
function modalChanged(region) {
  const form = region.querySelector(".modal");
  const id = form ? form.dataset.viewId : "";
  document.querySelector(".sidebar").inert = Boolean(id);
  document.getElementById("main").inert = Boolean(id);
  if (id === modalShown) return;
  if (!modalShown) focusBefore = document.activeElement;
  modalShown = id;
  if (!id) {
    if (focusBefore && focusBefore.isConnected) focusBefore.focus();
    return;
  }
  const first = form.querySelector("[data-focus]") || form.querySelector(".modal-body input:not([type=hidden]), .modal-body textarea") || form.querySelector("#modal-title");
  first.focus();
}

// Forms of messages and the Home tab have nothing to submit, and a modal is submitted by its button alone.
document.addEventListener("submit", (e) => {
  if (!e.target.matches(".surface")) return;
  e.preventDefault();
  if (e.target.matches(".modal") && e.submitter) htmx.trigger(e.target, "pressed");
}, true);

/* ---- confirm dialogs ---- */

document.addEventListener("htmx:confirm", (e) => {
  const asking = e.detail.elt.closest("[data-confirm]");
  if (!asking || e.detail.verb === "get") return;
  const text = document.getElementById(asking.dataset.confirm);
  if (!text) return;
  e.preventDefault();
  const dialog = document.getElementById("confirm");
  const yes = document.getElementById("confirm-yes"), no = document.getElementById("confirm-no");
  document.getElementById("confirm-title").textContent = text.dataset.title;
  document.getElementById("confirm-text").replaceChildren(text.content.cloneNode(true));
  yes.textContent = text.dataset.yes;
  no.textContent = text.dataset.no;
  yes.classList.toggle("danger", text.dataset.danger === "true");
  yes.classList.toggle("primary", text.dataset.danger !== "true");
  yes.onclick = () => dialog.close("yes");
  no.onclick = () => dialog.close("");
  dialog.onclose = () => {
    if (dialog.returnValue === "yes") e.detail.issueRequest(true);
    else htmx.trigger(body, "stream-changed"), htmx.trigger(body, "home-changed"), htmx.trigger(body, "modal-changed");
  };
  dialog.returnValue = "";
  dialog.showModal();
});

/* ---- menus, pickers and other clicks ---- */

document.addEventListener("click", (e) => {
  const t = e.target.closest("[data-closes], [data-clears], [data-opens], [data-shuts], [data-types], [data-insert], [data-toggles-sidebar], a[hx-trigger=opened]");
  for (const open of document.querySelectorAll("details.menu[open], details.acting[open]")) {
    if (!open.contains(e.target)) open.open = false;
  }
  if (!t) return;
  if (t.matches("a[hx-trigger=opened]")) htmx.trigger(t, "opened");
  if ("closes" in t.dataset) t.closest("details").open = false;
  if ("clears" in t.dataset) document.getElementById(t.dataset.clears).replaceChildren();
  if ("opens" in t.dataset) document.getElementById(t.dataset.opens).showModal();
  if ("shuts" in t.dataset) document.getElementById(t.dataset.shuts).close();
  if ("togglesSidebar" in t.dataset) document.querySelector(".sidebar").classList.toggle("open");
  if ("types" in t.dataset) typeIn(t.dataset.types);
  if ("insert" in t.dataset) insert(t.dataset.insert);
});

document.addEventListener("toggle", (e) => {
  const search = e.target.open && e.target.querySelector(":scope > .pop > input[type=search]");
  if (!search) return;
  search.focus();
  if (search.matches(".picker-search")) htmx.trigger(search, "looked");
}, true);

// After a choice among several the picker stays open and shows the ticks anew.
document.addEventListener("htmx:afterRequest", (e) => {
  const toggle = e.target.closest && e.target.closest("[data-toggles]");
  if (toggle) htmx.trigger(toggle.closest(".pop").querySelector(".picker-search"), "looked");
});

document.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    const open = document.querySelector("details.menu[open], details.acting[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); e.preventDefault(); return; }
    const close = document.getElementById("modal-close");
    if (close && !document.querySelector("dialog[open]")) { close.click(); return; }
  }
  if (e.key === "Enter" && e.target.matches("input[data-enter]")) { e.preventDefault(); htmx.trigger(e.target, "entered"); }
  if (e.key === "Enter" && e.target.matches(".picker-search")) {
    e.preventDefault();
    const first = e.target.closest(".pop").querySelector(".pick");
    if (first) first.click();
  }
  if ((e.key === "ArrowDown" || e.key === "ArrowUp") && e.target.closest(".pop")) {
    const all = [...e.target.closest(".pop").querySelectorAll(".pick, [role=menuitem], .person")];
    const next = all[all.indexOf(e.target) + (e.key === "ArrowDown" ? 1 : -1)];
    if (next) { next.focus(); e.preventDefault(); }
  }
});

/* ---- the composer ---- */

const composer = document.getElementById("composer-text");
const complete = document.getElementById("complete");

function wordAtCaret() {
  const before = composer.value.slice(0, composer.selectionStart);
  const word = /^\/\S*$|(?:^|\s)([@#][^\s]*)$/.exec(before);
  return word ? (word[1] || word[0]) : "";
}

let suggesting = 0;
async function suggest() {
  const word = wordAtCaret();
  const turn = ++suggesting;
  if (!word) { complete.hidden = true; return; }
  let found;
  try {
    const answer = await fetch(body.dataset.base + "/complete?word=" + encodeURIComponent(word));
    found = await answer.text();
  } catch { return; } // the page is being left, or the server is gone
  if (turn !== suggesting) return;
  complete.innerHTML = found;
  complete.hidden = !complete.firstElementChild;
  mark(0);
}

function mark(i) {
  const all = [...complete.children];
  all.forEach((o, j) => o.setAttribute("aria-selected", String(i === j)));
}

function insert(text) {
  const caret = composer.selectionStart;
  const start = caret - wordAtCaret().length;
  composer.setRangeText(text, start, caret, "end");
  complete.hidden = true;
  composer.focus();
  grow();
}

function typeIn(text) {
  composer.focus();
  composer.setRangeText(text, composer.selectionStart, composer.selectionEnd, "end");
  suggest();
}

function grow() {
  composer.style.height = "auto";
  composer.style.height = Math.min(composer.scrollHeight, 220) + "px";
}

if (composer) {
  composer.addEventListener("input", () => { grow(); suggest(); });
  composer.addEventListener("keydown", (e) => {
    const all = [...complete.children];
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (!complete.hidden && at >= 0) {
      if (e.key === "ArrowDown") { mark((at + 1) % all.length); e.preventDefault(); return; }
      if (e.key === "ArrowUp") { mark((at + all.length - 1) % all.length); e.preventDefault(); return; }
      if (e.key === "Tab") { insert(all[at].dataset.insert); e.preventDefault(); return; }
      if (e.key === "Escape") { complete.hidden = true; e.stopPropagation(); return; }
      // A finished word is sent, an unfinished one completed.
      if (e.key === "Enter" && !e.shiftKey && all[at].dataset.insert.trim() !== wordAtCaret()) { insert(all[at].dataset.insert); e.preventDefault(); return; }
    }
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); composer.form.requestSubmit(); }
  });
  // Some keyboards, and tests, insert the line break all the same.
  let shift = false;
  composer.addEventListener("keydown", (e) => { shift = e.shiftKey; }, true);
  composer.addEventListener("beforeinput", (e) => { if (e.inputType === "insertLineBreak" && !shift) e.preventDefault(); });
  composer.form.addEventListener("htmx:beforeRequest", (e) => {
    if (e.target !== composer.form) return;
    composer.value = "";
    complete.hidden = true;
    suggesting++;
    grow();
  });
}

const stream = document.getElementById("stream");
if (stream) stream.scrollTop = stream.scrollHeight;
