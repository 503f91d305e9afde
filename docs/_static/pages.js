// What the theme leaves out for those who read by ear or by keyboard; `docs/check_pages.py` checks it.
"use strict";

function describe() {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) {
    caption.setAttribute("aria-level", "2");
  }
  for (const entry of document.querySelectorAll("[role=doc-biblioentry]")) {
    entry.setAttribute("role", "listitem");
  }
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  const article = document.querySelector("article");
  if (article && !article.querySelector("h1")) {
    const title = document.createElement("h1");
    title.textContent = document.title.split(" - ")[0];
    article.prepend(title);
  }
}

// Only what does not fit needs a stop of the tab key, and that changes with the window.
function makeScrollable() {
  for (const box of document.querySelectorAll("article pre, article .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1) {
      box.setAttribute("tabindex", "0");
    } else {
      box.removeAttribute("tabindex");
    }
  }
}

addEventListener("DOMContentLoaded", () => {
  describe();
  makeScrollable();
});
addEventListener("load", makeScrollable);
addEventListener("resize", makeScrollable);
