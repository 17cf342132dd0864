"use strict";
// A convenience on top: every page works without it. It reads no text of a model and writes no markup.
for (const button of document.querySelectorAll("button[data-unfold]")) {
  const folds = () => document.querySelectorAll(button.dataset.unfold);
  const words = [button.textContent, button.dataset.fold];
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    folds().forEach((fold) => { fold.open = open; });
    button.setAttribute("aria-pressed", String(open));
    button.textContent = words[open ? 1 : 0];
  });
}
