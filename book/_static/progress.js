// What the reader has done is remembered in this browser and nowhere else: answers to questions, sections read to their
// end. The lists of chapters show it, and a button forgets it. Where a browser keeps nothing, all else works.
const progress = {
  key: "dlnotes-progress",
  chapter: nameOf(location.href),

  all() {
    try {
      return Object(JSON.parse(localStorage.getItem(this.key)));
    } catch {
      return {};
    }
  },

  // What is known of a chapter: the ids of the sections read, of how many, and the answer given to each question.
  of(chapter) {
    const { read, sections, answers } = Object(this.all()[chapter]); // whatever was kept, or spoiled
    return { read: Array.isArray(read) ? read : [], sections: Number(sections) || 0, answers: Object(answers) };
  },

  change(how) {
    const here = this.of(this.chapter);
    how(here);
    this.store({ ...this.all(), [this.chapter]: here });
  },

  store(all) {
    try {
      if (all) localStorage.setItem(this.key, JSON.stringify(all));
      else localStorage.removeItem(this.key);
    } catch {} // full, or forbidden
    document.dispatchEvent(new Event("progress"));
  },
};

function nameOf(address) {
  return new URL(address).pathname
    .split("/")
    .pop()
    .replace(/\.html$/, "");
}

document.addEventListener("DOMContentLoaded", () => {
  const sections = [...document.querySelectorAll("article > section:has(> h1 > .section-number) > section[id]")].filter(
    ({ id }) => !["going-further", "references"].includes(id), // a chapter is read without them
  );

  // A section is read when its heading has been on the screen, and then its end.
  const begun = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const { id } = target.parentElement;
      if (!isIntersecting) continue;
      if (target.matches("h2")) begun.add(id);
      else if (begun.has(id) && !progress.of(progress.chapter).read.includes(id))
        progress.change((here) => {
          const ids = sections.map((section) => section.id);
          here.read = [...here.read, id].filter((known) => ids.includes(known)); // the text may have changed since
          here.sections = ids.length;
        });
    }
  });
  for (const section of sections) {
    const end = document.createElement("span");
    section.append(end);
    observer.observe(section.querySelector("h2"));
    observer.observe(end);
  }

  const forget = document.createElement("button");
  forget.type = "button";
  forget.className = "forget";
  forget.textContent = "Forget my progress";
  forget.addEventListener("click", () => {
    progress.store(null);
    document.dispatchEvent(new Event("forgotten"));
    forget.closest("nav").querySelector("a").focus();
  });
  document.querySelector(".bd-docs-nav")?.append(forget);

  // A mark behind a link: a tick, or how far it is; words for those who do not see it.
  function mark(link, text, words) {
    link.querySelector(":scope > .progress")?.remove();
    if (!text) return;
    const span = document.createElement("span");
    span.className = "progress";
    span.innerHTML = `<span aria-hidden="true"> ${text}</span><span class="visually-hidden">, ${words}</span>`;
    link.append(span);
  }

  function show() {
    for (const link of document.querySelectorAll(".bd-docs-nav a, .card-title a")) {
      const { read, sections: count } = progress.of(nameOf(link.href));
      const done = count && read.length >= count;
      mark(
        link,
        done ? "✓" : read.length ? `${read.length}/${count}` : "",
        done ? "read" : `${read.length} of ${count} sections read`,
      );
    }
    const { read } = progress.of(progress.chapter);
    for (const link of document.querySelectorAll(".page-toc .toc-h2 > a"))
      mark(link, read.includes(link.hash.slice(1)) ? "✓" : "", "read");
    forget.hidden = !Object.keys(progress.all()).length;
  }

  document.addEventListener("progress", show);
  addEventListener("storage", show); // another page of the book
  addEventListener("pageshow", show);
  show();
});
