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

// Paper can't unfold, and it is white: print every solution and answer, and in light colours; then go back.
let folded = [];
let theme;
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("article details:not([open])")];
  for (const details of folded) details.open = true;
  theme = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  document.documentElement.dataset.theme = theme;
});

// The contents of the page mark the section being read, and keep it in sight.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector(".bd-sidebar-secondary");
  const entries = [...document.querySelectorAll(".page-toc a[href^='#']")]
    .map((link) => ({ link, heading: document.getElementById(link.hash.slice(1))?.querySelector("h2, h3") }))
    .filter(({ heading }) => heading);
  const LINE = 120; // pixels from the top, just below where a link to a heading leaves it
  let current;
  let waiting = false;

  function follow() {
    waiting = false;
    const passed = entries.filter(({ heading }) => heading.getBoundingClientRect().top < LINE);
    const atEnd = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const { link } = (atEnd ? entries.at(-1) : passed.at(-1)) ?? {};
    if (link === current) return;
    for (const marked of document.querySelectorAll(".page-toc .active")) marked.classList.remove("active");
    current?.removeAttribute("aria-current");
    current = link;
    if (!link) return;
    link.setAttribute("aria-current", "true");
    for (let entry = link; !entry.matches(".page-toc"); entry = entry.parentElement)
      if (entry.matches("a, .toc-entry")) entry.classList.add("active");
    const box = list.getBoundingClientRect();
    const place = link.getBoundingClientRect();
    if (place.top < box.top + 48)
      list.scrollTop += place.top - box.top - 48; // below its title
    else if (place.bottom > box.bottom) list.scrollTop += place.bottom - box.bottom;
  }

  if (entries.length) {
    addEventListener("scroll", () => waiting || (waiting = requestAnimationFrame(follow)), { passive: true });
    addEventListener("resize", follow);
    follow();
  }
});

// The drawers of narrow windows: they close when a place on this page was chosen, and their buttons say whether they
// are open. In a wide window the button of the chapters hides and shows their list.
document.addEventListener("DOMContentLoaded", () => {
  for (const [name, selector] of [
    ["primary", ".primary-toggle"],
    ["secondary", ".secondary-toggle"],
  ]) {
    const button = document.querySelector(selector);
    const drawer = document.getElementById(`pst-${name}-sidebar-modal`);
    const list = document.getElementById(`pst-${name}-sidebar`);
    if (!button || !drawer || !list) continue;
    drawer.addEventListener("click", ({ target }) => target.closest("a[href^='#']") && drawer.close());
    const say = () => {
      const seen = list.checkVisibility?.({ visibilityProperty: true });
      const beside = seen && !list.classList.contains("pst-sidebar-hidden") && list.children.length;
      button.setAttribute("aria-expanded", String(drawer.open || Boolean(beside)));
    };
    const observer = new MutationObserver(say);
    observer.observe(drawer, { attributes: true, attributeFilter: ["open"] });
    observer.observe(list, { attributes: true, attributeFilter: ["class"] });
    addEventListener("resize", say);
    list.addEventListener("transitionend", say); // it hides only then
    say();
  }
});

// The button of the colours says which are chosen. Where the system forces colours of its own, the book takes the theme
// that goes with them, whatever was chosen: half of a page is forced, and the other half must not be its opposite.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const forced = matchMedia("(forced-colors: active)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const names = { light: "light", dark: "dark", auto: "as the system's" };

  function update() {
    for (const button of document.querySelectorAll(".theme-switch-button"))
      button.setAttribute("aria-label", `Colours: ${names[root.dataset.mode] ?? names.auto}`);
    const wanted = dark.matches ? "dark" : "light";
    if (forced.matches && root.dataset.theme !== wanted) root.dataset.theme = wanted;
  }

  new MutationObserver(update).observe(root, { attributes: true, attributeFilter: ["data-mode", "data-theme"] });
  forced.addEventListener("change", update);
  dark.addEventListener("change", update);
  update();
});
