/** Chooses light or dark before the first paint; loaded ahead of the styles so that nothing flashes. */
(() => {
  // A page for a dark room has said so itself.
  if (document.documentElement.dataset.bsTheme) return;
  let kept = null;
  try {
    kept = localStorage.getItem("theme");
  } catch {
    // A browser that forbids storage follows the system.
  }
  const dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
