"use strict";

// A status that stands there when the page loads is not read out; one that changes is.
const told = document.getElementById("told");
if (told.textContent) {
  const words = told.textContent;
  told.textContent = "";
  setTimeout(() => { told.textContent = words; }, 100);
}

// Nothing stays on the screen of somebody who has left: once the session is over, the page is closed too.
setTimeout(() => location.replace("/"), (Number(document.body.dataset.idle) + 1) * 1000);

// One key presses the button, follows the link or goes to the field that names it; in fields keys are letters.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio], [type=checkbox]), select, textarea");
  if (!("keys" in document.body.dataset) || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) {
    event.preventDefault();
    if (control.matches("input")) control.focus(); else control.click();
  } else if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    rows[Math.min(Math.max(at, 0), rows.length - 1)]?.focus();
  }
});
