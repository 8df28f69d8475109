/** Says on the page that something went wrong. */

/** @param {string} text what happened @param {string} [mend] what to do */
export function notify(text, mend = "") {
  const place = document.getElementById("notices");
  if (!place) return;
  const notice = document.createElement("div");
  notice.className = "notice notice-wrong";
  notice.setAttribute("role", "alert");
  const words = document.createElement("div");
  for (const [line, kind] of [[text, "notice-title"], [mend, ""]]) {
    if (!line) continue;
    const paragraph = document.createElement("p");
    paragraph.className = kind;
    paragraph.textContent = line;
    words.append(paragraph);
  }
  notice.append(words);
  place.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}
