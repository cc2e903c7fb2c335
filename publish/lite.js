// For the chapters of a book with a live part, where it stands in the page, and for the pages of the live part itself.
// A browser that can't run it says so in a sentence; in the live part, sliders keep their arrow keys.
(() => {
  const script = document.currentScript;

  function obstacle() {
    if (location.protocol === "file:") return "A page opened from a disk can't run it; read the book on a web site.";
    if (typeof WebAssembly !== "object") return "This browser has no WebAssembly, with which Python would run.";
    if (!isSecureContext) return "It runs only on pages that come over https.";
    if (!hasServiceWorkers()) return "This browser allows no service workers here; in a private window that is usual.";
    return "";
  }

  function hasServiceWorkers() {
    try {
      return Boolean(navigator.serviceWorker);
    } catch {
      return false; // in a sandboxed frame already the question is an error
    }
  }

  function say(place, sentence) {
    const paragraph = document.createElement("p");
    paragraph.className = "live";
    paragraph.setAttribute("role", "alert");
    paragraph.textContent = sentence;
    place(paragraph);
  }

  const problem = obstacle();
  const offer = document.querySelector("p.live"); // in a chapter this script stands below it
  if (offer) {
    if (problem) say((sentence) => offer.replaceWith(sentence), `This chapter can't run live here. ${problem}`);
    return;
  }

  const below = (paragraph) => {
    paragraph.style.cssText =
      "position: fixed; inset: auto 0 0; z-index: 99999; margin: 0; padding: 1rem; font: 1rem/1.5 sans-serif; " +
      "color: #fff; background: #8a2310";
    document.documentElement.append(paragraph);
  };
  if (problem) {
    // Nothing else is worth loading; but Chromium shows nothing of a page that is stopped before it is read.
    document.addEventListener("DOMContentLoaded", () => {
      window.stop();
      say(below, `The live copy can't run here. ${problem}`);
    });
    return;
  }

  // A network that lets the book through may still block the place of Python: better a sentence than a long wait.
  fetch(script.dataset.pyodide, { mode: "no-cors" }).catch(() => {
    const host = new URL(script.dataset.pyodide, location.href).host;
    say(
      below,
      `Python can't be loaded from ${host}, so the cells won't run. Is there a network, and does it allow ${host}?`,
    );
  });

  // JupyterLab's shortcuts take the arrow keys from a slider, and its focus too. They respect this attribute.
  document.addEventListener("focusin", ({ target }) => {
    if (target.closest(".jupyter-widgets")) target.setAttribute("data-lm-suppress-shortcuts", "");
  });
})();
