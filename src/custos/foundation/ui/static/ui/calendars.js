/**
 * Opens the browser's own calendar for a text field that takes a date. The field stays the one form in which
 * a date is read and typed; the calendar only writes into it.
 */

/** A native field behind a button. @param {HTMLButtonElement} button @param {HTMLInputElement} typed */
function calendarOf(button, typed) {
  const calendar = document.createElement("input");
  calendar.type = button.dataset.calendar ?? "date";
  calendar.className = "calendar";
  calendar.tabIndex = -1;
  calendar.setAttribute("aria-hidden", "true");
  calendar.addEventListener("input", (event) => {
    event.stopPropagation();
    if (calendar.value) typed.value = calendar.value.replace("T", " ").slice(0, 16);
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  });
  calendar.addEventListener("change", (event) => {
    event.stopPropagation();
    typed.dispatchEvent(new Event("change", { bubbles: true }));
    typed.focus();
  });
  button.after(calendar);
  return calendar;
}

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-calendar]");
  const typed = button?.parentElement?.querySelector("input:not(.calendar)");
  if (!(button instanceof HTMLButtonElement) || !(typed instanceof HTMLInputElement)) return;
  button.parentElement?.querySelector(".calendar")?.remove();
  const calendar = calendarOf(button, typed);
  // Its default, so that a calendar that was only looked at is nothing unsent.
  calendar.defaultValue = typed.value.replace(" ", "T");
  calendar.showPicker();
});
