"use strict";
// A link to a line opens what the line is folded into.
function reveal() {
  const line = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  for (let element = line; element; element = element.parentElement) {
    if (element.tagName === "DETAILS") element.open = true;
  }
  if (line) line.scrollIntoView({ block: "center" });
}
addEventListener("hashchange", reveal);
addEventListener("DOMContentLoaded", reveal);
addEventListener("click", event => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const range = document.createRange();
  range.selectNodeContents(button.nextElementSibling);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  document.execCommand("copy");
  button.textContent = "copied";
});
