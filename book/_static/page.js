// What is wider than the page scrolls in its own box. A keyboard must be able to reach such a box, and a screen reader
// to name it; boxes that fit stay out of the way.
function reachWideBoxes() {
  const names = { ".katex-display": "Formula", pre: "Code or output", ".pst-scrollable-table-container": "Table" };
  for (const [selector, name] of Object.entries(names)) {
    for (const box of document.querySelectorAll(`article ${selector}`)) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", `${name}, scrolls sideways`);
      } else if (box.hasAttribute("aria-label")) {
        for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
      }
    }
  }
}

document.addEventListener("DOMContentLoaded", reachWideBoxes);
addEventListener("load", reachWideBoxes); // with the fonts of the formulas
addEventListener("resize", reachWideBoxes);
document.addEventListener("toggle", reachWideBoxes, true); // a fold has opened

// Paper can't unfold: print every solution and answer, then fold again what was folded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});
