// What is wider than the page scrolls in its own box. A keyboard must be able to reach such a box, and a screen reader
// to name it; boxes that fit stay out of the way.
document.addEventListener("DOMContentLoaded", () => {
  const names = { "div.math": "Formula", pre: "Code or output", ".pst-scrollable-table-container": "Table" };

  function update() {
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

  update();
  addEventListener("resize", update);
  document.addEventListener("toggle", update, true); // a fold has opened
});
