/**
 * Leaves out of a select what doesn't fit what another field says: `data-choices-by` names that field,
 * `data-for` on an option the value for which it is. Without this module the groups' names say it.
 */

for (const select of /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll("select[data-choices-by]"))) {
  const by = select.form?.elements.namedItem(select.dataset.choicesBy ?? "");
  if (!(by instanceof HTMLSelectElement)) continue;
  const fit = () => {
    for (const option of select.options) {
      const unfit = by.value !== "" && option.dataset.for !== undefined && option.dataset.for !== by.value;
      option.hidden = option.disabled = unfit;
      if (unfit && option.selected) select.value = "";
    }
    for (const group of select.querySelectorAll("optgroup")) {
      group.hidden = [...group.querySelectorAll("option")].every((option) => option.hidden);
    }
  };
  by.addEventListener("change", fit);
  fit();
}
