/* Moves the figures that dlnotes.explore writes.

   A figure holds its start picture, one control for each argument, and packed data:
     contents   texts: values of attributes, or markup
     slots      for each slot, in each picture, the number of its content
     sentences  for each picture, what is to be seen
   An element with data-slots="0:d 1:style 2:" has slot 0 as its attribute d, slot 1 as its style, slot 2 as all
   it contains. Pictures are counted with the last control changing fastest.

   The page's address holds the values of the figure moved last, "#figure=fig-bowl&rate=0.5&steps=20": a link to such
   an address shows the figure at these values. Without a figure it means the first that has all these controls.
   A reader's own moves rewrite the entry of the browser's history that a link has made; so "back" returns to what
   was seen before the link. What all figures show is kept with the entry. */

(() => {
  "use strict";

  const REST = 250; // milliseconds without a move before the address is written: browsers limit how often it may be
  const players = []; // of the figures that can be moved, in the order of the page

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return JSON.parse(await new Response(stream).text());
  }

  function play(figure) {
    const packed = figure.querySelector('script[type="application/json"]');
    if (!packed) return; // an ordinary figure
    const form = figure.querySelector(".dl-controls");
    const fields = [...form.querySelectorAll("input, select")];
    const sentence = figure.querySelector(".dl-sentence");
    const slots = [...figure.querySelectorAll("[data-slots]")].flatMap((element) =>
      element.dataset.slots.split(" ").map((mark) => {
        const [number, attribute] = mark.split(":");
        return { element, number, attribute };
      }),
    );
    const position = (field) => (field.matches("select") ? field.selectedIndex : Number(field.value));
    const count = (field) => (field.matches("select") ? field.length : Number(field.max) + 1);
    const picture = () => fields.reduce((index, field) => index * count(field) + position(field), 0);
    const start = fields.map(position);
    let shown = (figure.dataset.picture = picture());
    let data; // a promise, made when the figure is first touched
    const load = () => (data ??= unpack(JSON.parse(packed.textContent)));

    function fill({ element, attribute }, content) {
      if (!attribute) element.innerHTML = content;
      else if (content === null) element.removeAttribute(attribute);
      else element.setAttribute(attribute, content);
    }

    async function update() {
      for (const field of form.querySelectorAll("input")) {
        const text = JSON.parse(field.dataset.texts)[position(field)];
        field.setAttribute("aria-valuetext", text);
        field.nextElementSibling.textContent = text;
      }
      const { contents, slots: numbers, sentences } = await load();
      const wanted = picture(); // the controls may have moved meanwhile
      if (wanted === shown) return;
      for (const slot of slots) {
        const number = numbers[slot.number];
        if (number[wanted] !== number[shown]) fill(slot, contents[number[wanted]]);
      }
      if (sentence && sentences[wanted] !== sentences[shown]) sentence.textContent = sentences[wanted];
      figure.dataset.picture = shown = wanted;
    }

    function move(positions) {
      fields.forEach((field, i) => (field[field.matches("select") ? "selectedIndex" : "value"] = positions[i]));
      update();
    }

    function moved() {
      update();
      writeSoon(player);
    }

    const player = {
      figure,
      fields,
      move,
      label: figure.parentElement.closest("figure[id]")?.id, // of its caption
      positions: () => fields.map(position),
      values: () => fields.map((field) => readable(texts(field)[position(field)])),
      find: (values) =>
        fields.map((field, i) => {
          const found = texts(field).findIndex((text) => readable(text) === readable(values.get(field.name) ?? ""));
          return found < 0 ? start[i] : found;
        }),
    };
    players.push(player);

    form.addEventListener("focusin", load, { once: true });
    form.addEventListener("input", moved);
    form.addEventListener("reset", () => setTimeout(moved)); // the fields change after the event
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    figure.querySelector(".dl-note").hidden = true;
  }

  // The values of a control as the reader sees them; numbers without what is there for the eye: "−0.50" is "-0.5".
  const texts = (field) =>
    field.matches("select") ? [...field.options].map(({ text }) => text) : JSON.parse(field.dataset.texts);

  function readable(text) {
    const number = text.trim() && Number(text.replace("−", "-"));
    return Number.isFinite(number) ? String(number) : text;
  }

  // The address, and the browser's history
  let timer;

  const remember = (address) =>
    history.replaceState(
      Object.fromEntries(players.map(({ figure, positions }) => [figure.id, positions()])),
      "",
      address,
    );

  function writeSoon({ label, fields, values }) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const pairs = values().map((value, i) => [fields[i].name, value]);
      if (label) pairs.unshift(["figure", label]);
      remember(`#${new URLSearchParams(pairs)}`);
    }, REST);
  }

  function followAddress() {
    if (!location.hash.includes("=")) return; // a place on the page
    const values = new URLSearchParams(location.hash.slice(1));
    const label = values.get("figure");
    const names = [...values.keys()].filter((name) => name !== "figure");
    const player = players.find(({ label: own, fields }) =>
      label === null ? names.every((name) => fields.some((field) => field.name === name)) : own === label,
    );
    if (!player) return;
    const { figure, fields, move, find } = player;
    move(find(values));
    (fields.find((field) => names.includes(field.name)) ?? fields[0]).focus({ preventScroll: true });
    (figure.parentElement.closest("figure") ?? figure).scrollIntoView({ block: "nearest" });
  }

  function arrive(state) {
    clearTimeout(timer);
    if (!state)
      followAddress(); // a new entry, not one that "back" or "reload" returns to
    else for (const { figure, move } of players) if (state[figure.id]) move(state[figure.id]);
    remember();
  }

  function playAll() {
    if ("DecompressionStream" in window) document.querySelectorAll(".dlnotes-explore").forEach(play);
    if (!players.length) return;
    arrive(history.state);
    addEventListener("popstate", ({ state }) => arrive(state));
    // In Firefox a link to the address that is already there makes no event of its own.
    addEventListener("click", ({ target }) => {
      if (target.closest("a")?.href === location.href) followAddress();
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", playAll);
  else playAll();
})();
