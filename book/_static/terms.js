// A term shows its definition when it is pointed at or focused; on a touch screen the first tap shows it, the second
// follows the link to the glossary. It stays while the pointer is on the term or on the definition, and Escape closes it.
document.addEventListener("DOMContentLoaded", () => {
  const PATIENCE = 250; // milliseconds to move the pointer from the term to the definition
  let shown; // the card in sight, and the link it belongs to
  let timer;
  let touched; // the last pointer was a finger, and what it touched was not yet explained

  for (const template of document.querySelectorAll("template[data-term]")) {
    const key = template.dataset.term;
    const card = document.createElement("div");
    card.className = "term-card";
    card.id = `about-${key}`;
    card.role = "tooltip";
    card.hidden = true;
    card.append(template.content);
    template.replaceWith(card);
    card.addEventListener("pointerenter", () => clearTimeout(timer));
    card.addEventListener("pointerleave", hideSoon);

    for (const link of document.querySelectorAll(`article a[href$="#${key}"]:has(> .std-term)`)) {
      if (link.parentElement.closest("a, summary")) continue;
      link.setAttribute("aria-describedby", card.id);
      link.addEventListener("pointerenter", ({ pointerType }) => pointerType === "touch" || show(link, card));
      link.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || hideSoon());
      link.addEventListener("focus", () => show(link, card));
      link.addEventListener("blur", () => shown?.link === link && !card.matches(":hover") && hide());
      link.addEventListener("pointerdown", ({ pointerType }) => {
        touched = pointerType === "touch" && shown?.link !== link;
      });
      link.addEventListener("click", (event) => {
        if (!touched) return;
        event.preventDefault();
        touched = false;
        show(link, card);
      });
    }
  }

  function show(link, card) {
    clearTimeout(timer);
    if (shown?.card !== card) hide();
    shown = { link, card };
    card.hidden = false;
    const place = link.getClientRects()[0];
    const { bottom } = link.getBoundingClientRect();
    card.style.maxHeight = "";
    const { width, height } = card.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, document.documentElement.clientWidth - width - 8));
    const roomAbove = place.top - document.querySelector(".bd-header-article").getBoundingClientRect().bottom - 8;
    const roomBelow = innerHeight - bottom - 8;
    const above = height > roomBelow && roomAbove > roomBelow;
    const shownHeight = Math.min(height, Math.max(above ? roomAbove : roomBelow, 96)); // what is longer scrolls
    card.style.maxHeight = `${shownHeight}px`;
    card.style.left = `${left + scrollX}px`;
    card.style.top = `${(above ? place.top - shownHeight - 4 : bottom + 4) + scrollY}px`;
  }

  function hide() {
    clearTimeout(timer);
    if (shown) shown.card.hidden = true;
    shown = undefined;
  }

  function hideSoon() {
    clearTimeout(timer);
    timer = setTimeout(() => document.activeElement !== shown?.link && hide(), PATIENCE);
  }

  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
  document.addEventListener("pointerdown", ({ target }) => {
    if (shown && !target.closest(".term-card") && target.closest("a") !== shown.link) hide();
  });
});
