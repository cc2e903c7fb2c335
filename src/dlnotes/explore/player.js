/* Moves the figures that dlnotes.explore writes.

   A figure holds its start picture, one control for each argument, and packed data:
     contents   texts: values of attributes, or markup
     slots      for each slot, in each picture, the number of its content
     sentences  for each picture, what is to be seen
   An element with data-slots="0:d 1:style 2:" has slot 0 as its attribute d, slot 1 as its style, slot 2 as all
   it contains. Pictures are counted with the last control changing fastest. */

(() => {
  "use strict";

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

    form.addEventListener("focusin", load, { once: true });
    form.addEventListener("input", update);
    form.addEventListener("reset", () => setTimeout(update)); // the fields change after the event
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    figure.querySelector(".dl-note").hidden = true;
  }

  function playAll() {
    if ("DecompressionStream" in window) document.querySelectorAll(".dlnotes-explore").forEach(play);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", playAll);
  else playAll();
})();
