/* Moves the figures that dlnotes.explore writes.

   A figure holds its start picture, one control for each argument, and packed data:
     contents   texts: values of attributes, or markup
     slots      for each slot, in each picture, the number of its content
     sentences  for each picture, what is to be seen
   An element with data-slots="0:d 1:style 2:" has slot 0 as its attribute d, slot 1 as its style, slot 2 as all
   it contains. Pictures are counted with the last control changing fastest.

   A figure with data-touch-computed has no stored pictures: touch.js computes them. It also handles the arrays of such a
   figure, which have no list of values, and the parts of any picture that can be pressed.

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

  function canUnpack() {
    try {
      return Boolean(new DecompressionStream("deflate-raw"));
    } catch {
      return false; // an old browser, which may know other formats
    }
  }

  // A slider, buttons, or a list: its state is a position, and there is a text for each.
  function makeField(control) {
    const { name } = control.dataset;
    const inputs = control.closest("form").elements.namedItem(name); // one, or the buttons as if they were one
    const output = control.querySelector("output");
    return {
      control,
      name,
      texts: JSON.parse(control.dataset.texts),
      get state() {
        return Number(inputs.value);
      },
      set state(position) {
        inputs.value = position;
      },
      get text() {
        return this.texts[this.state];
      },
      parse(text) {
        const found = this.texts.findIndex((own) => readable(own) === readable(text));
        return found < 0 ? undefined : found;
      },
      get array() {
        return { shape: [], data: [output ? Number(readable(this.text)) : this.state] }; // what a computed figure takes
      },
      write() {
        if (!output) return; // buttons and lists show themselves what is chosen
        output.textContent = this.text;
        inputs.setAttribute("aria-valuetext", output.textContent);
      },
      focus() {
        control.querySelector("input:checked, input[type='range'], select").focus({ preventScroll: true });
      },
    };
  }

  // The pictures of a figure. `show` puts the wanted one in the place of the one that is shown.
  function makePictures(figure, wantedNow, unpacked) {
    const sentence = figure.querySelector(".dl-sentence");
    const slots = [...figure.querySelectorAll("[data-slots]")].flatMap((element) =>
      element.dataset.slots.split(" ").map((mark) => {
        const [number, attribute] = mark.split(":");
        return { element, number, attribute };
      }),
    );
    let shown = (figure.dataset.picture = wantedNow());
    let data; // a promise, made when the figure is first touched
    const load = () => (data ??= unpacked());

    function fill({ element, attribute }, content) {
      if (!attribute) element.innerHTML = content;
      else if (content === null) element.removeAttribute(attribute);
      else element.setAttribute(attribute, content);
    }

    async function show() {
      const { contents, slots: numbers, sentences } = await load();
      const wanted = wantedNow(); // the controls may have moved meanwhile
      if (wanted === shown) return;
      for (const slot of slots) {
        const number = numbers[slot.number];
        if (number[wanted] !== number[shown]) fill(slot, contents[number[wanted]]);
      }
      if (sentence && sentences[wanted] !== sentences[shown]) sentence.textContent = sentences[wanted];
      figure.dataset.picture = shown = wanted;
    }

    return { load, show };
  }

  // The buttons of sliders over time. Play goes on to the end, or until the reader moves a control or no longer sees
  // the figure. Meanwhile no address is written (`moved` does that), and no sentence read out.
  function makePlay(figure, fields, update, moved) {
    const sentence = figure.querySelector(".dl-sentence");
    let playing; // the timer, and the button that pauses it

    function play(field, button, tick) {
      const last = field.texts.length - 1;
      sentence?.setAttribute("aria-live", "off");
      button.textContent = "Pause";
      if (field.state === last) field.state = 0;
      update();
      const timer = setInterval(() => {
        if (document.hidden || shareInSight(figure) <= 0) return moved();
        field.state += 1;
        if (field.state < last) update();
        else moved();
      }, tick);
      playing = { timer, button };
    }

    function pause() {
      if (!playing) return;
      clearInterval(playing.timer);
      playing.button.textContent = "Play";
      sentence?.setAttribute("aria-live", "polite");
      playing = undefined;
    }

    for (const field of fields) {
      const buttons = field.control.querySelector(".dl-play");
      if (!buttons) continue;
      const [back, playOrPause, next] = buttons.children;
      const step = (difference) => {
        field.state += difference; // a slider stays at its ends by itself
        moved();
      };
      back.addEventListener("click", () => step(-1));
      next.addEventListener("click", () => step(1));
      playOrPause.addEventListener("click", () => {
        if (playing) moved();
        else play(field, playOrPause, Number(buttons.dataset.tick));
      });
    }
    return pause;
  }

  function makePlayer(figure) {
    const form = figure.querySelector(".dl-controls");
    if (!form) return; // an ordinary figure
    const touch = globalThis.dlnotesTouch; // on pages that need it
    const fields = [...form.querySelectorAll(".dl-control")].map((control) =>
      control.dataset.array ? touch.makeField(control, moved) : makeField(control),
    );
    const states = () => fields.map((field) => field.state);
    const picture = () => fields.reduce((index, { texts, state }) => (texts ? index * texts.length + state : index), 0);
    const start = states();
    const unpacked = () => unpack(JSON.parse(figure.querySelector('script[type="application/json"]').textContent));
    const { load, show } =
      "touchComputed" in figure.dataset
        ? touch.makeComputed(figure, fields, picture, unpacked)
        : makePictures(figure, picture, unpacked);
    const pause = makePlay(figure, fields, update, moved);

    function update() {
      for (const field of fields) field.write();
      return show();
    }

    function move(wanted) {
      fields.forEach((field, i) => (field.state = wanted[i]));
      return update();
    }

    function moved() {
      pause();
      update();
      writeSoon(player);
    }

    const player = {
      figure,
      form,
      fields,
      states,
      move,
      pause,
      label: figure.parentElement.closest("figure[id]")?.id, // of its caption
      find: (values) => fields.map((field, i) => field.parse(values.get(field.name) ?? "") ?? start[i]),
    };
    players.push(player);

    // A finger that only scrolls the page has touched a slider on its way: the browser says so by a cancelled pointer.
    let before = start;
    form.addEventListener("pointerdown", () => (before = states()));
    form.addEventListener("pointercancel", () => {
      if (states().join() === before.join()) return;
      move(before);
      moved();
    });
    form.addEventListener("focusin", load, { once: true });
    form.addEventListener("input", moved);
    form.addEventListener("reset", () =>
      setTimeout(() => {
        move(start); // sliders have moved by themselves, but only after the event
        moved();
      }),
    );
    form.addEventListener("submit", (event) => event.preventDefault());
    if (figure.querySelector("[data-touch]")) touch.addTouch(figure, fields, moved);
    form.hidden = false;
    figure.querySelector(".dl-note").hidden = true;
  }

  // What a value's text means, as controls.py reads it: "−0.50" is the number -0.5.
  function readable(text) {
    const words = text.trim().replace(/\s+/g, " ");
    const number = words.replaceAll("−", "-");
    return /^-?\d+(\.\d+)?(e-?\d+)?$/.test(number) ? String(Number(number)) : words;
  }

  // How much of an element, or of the window if that is smaller, is in sight: 1 all, 0 or less nothing.
  function shareInSight(element) {
    const { top, bottom, height } = element.getBoundingClientRect();
    return (Math.min(bottom, innerHeight) - Math.max(top, 0)) / Math.min(height, innerHeight);
  }

  // The upper end of what can be seen: the page's bar lies over the window.
  const bar = () => parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;

  // The lines of a link and the two after them, as far as its paragraph goes: about the sentence in which it stands.
  function sentenceOf(link) {
    const { top, bottom, height } = link.getBoundingClientRect();
    const line = parseFloat(getComputedStyle(link).lineHeight) || height;
    const paragraph = link.closest("p, li, td, dd") ?? link;
    return { top, bottom: Math.min(paragraph.getBoundingClientRect().bottom, bottom + 2 * line) };
  }

  // The address, and the browser's history
  let waiting; // for its address to be written: the timer, and the player

  function remember(address) {
    if (location.protocol === "about:") return; // a frame of Jupyter has no address of its own
    history.replaceState(Object.fromEntries(players.map(({ figure, states }) => [figure.id, states()])), "", address);
  }

  function writeSoon(player) {
    clearTimeout(waiting?.timer);
    waiting = { timer: setTimeout(write, REST), player };
  }

  function write() {
    if (!waiting) return;
    clearTimeout(waiting.timer);
    const { label, fields } = waiting.player;
    waiting = undefined;
    const pairs = fields.map(({ name, text }) => [name, readable(text)]);
    if (label) pairs.unshift(["figure", label]);
    remember(`#${new URLSearchParams(pairs)}`);
  }

  async function followAddress() {
    if (!location.hash.includes("=")) return; // a place on the page
    const values = new URLSearchParams(location.hash.slice(1));
    const label = values.get("figure");
    const names = [...values.keys()].filter((name) => name !== "figure");
    const player = players.find(({ label: own, fields }) =>
      label === null ? names.every((name) => fields.some((field) => field.name === name)) : own === label,
    );
    if (!player) return;
    const { figure, fields, move, find } = player;
    const { hash } = location;
    await move(find(values)); // with its new sentence it may be higher
    if (location.hash !== hash) return; // another link was followed meanwhile
    if (link?.hash === hash) bringTogether(figure, link);
    else (figure.parentElement.closest("figure") ?? figure).scrollIntoView({ block: "nearest" });
    (fields.find((field) => names.includes(field.name)) ?? fields[0]).focus();
  }

  function arrive(state) {
    clearTimeout(waiting?.timer);
    waiting = undefined;
    land();
    for (const { pause } of players) pause();
    if (!state)
      followAddress(); // a new entry, not one that "back" or "reload" returns to
    else for (const { figure, move } of players) if (state[figure.id]) move(state[figure.id]);
    remember();
  }

  // A figure that a link moves is seen together with the sentence that speaks of it. Where the window is not high enough
  // for both in their places, the figure floats at its lower edge until it is closed, or its place comes into sight.
  let link; // the one followed last
  let floating;

  function bringTogether(figure, link) {
    const boxes = [figure.getBoundingClientRect(), sentenceOf(link)];
    const top = Math.min(...boxes.map((box) => box.top)) - bar();
    const bottom = Math.max(...boxes.map((box) => box.bottom)) - innerHeight;
    if (bottom > top) float(figure, link);
    else scrollBy(0, Math.min(Math.max(0, bottom), top));
  }

  function float(figure, link) {
    land();
    const place = figure.parentElement;
    place.style.minHeight = `${place.offsetHeight}px`; // what stands below stays where it is
    const close = document.createElement("button");
    close.type = "button";
    close.className = "dl-close";
    close.textContent = "Close";
    close.addEventListener("click", returnToLink);
    figure.prepend(close);
    figure.classList.add("dl-floating");
    floating = { figure, place, link, close };
    const { top, bottom } = sentenceOf(link);
    scrollBy(0, Math.min(Math.max(0, bottom + 16 - figure.getBoundingClientRect().top), top - bar()));
  }

  function land() {
    if (!floating) return;
    const { figure, place, close } = floating;
    floating = undefined;
    close.remove();
    figure.classList.remove("dl-floating");
    place.style.minHeight = "";
  }

  // As long as its sentence is in sight, all of the place has to be.
  function landInPlace() {
    if (floating && shareInSight(floating.place) > (shareInSight(floating.link) > 0 ? 0.99 : 0.5)) land();
  }

  function returnToLink() {
    const { link } = floating;
    land();
    link.focus({ preventScroll: shareInSight(link) > 0 });
  }

  // Escape leaves a floating figure, and so does Tab behind its last control or before its first.
  function leave(event) {
    if (!floating) return;
    const stops = [...floating.figure.querySelectorAll("input:not([type='radio']), input:checked, select, button")];
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (event.key === "Escape" || (event.key === "Tab" && event.target === edge)) {
      event.preventDefault();
      returnToLink();
    }
  }

  function followed(newLink) {
    link = newLink;
    if (!link) return;
    write(); // so that "back" returns to what was seen last
    // In Firefox a link to the present address makes no event of its own, and loses what was kept with the entry.
    if (link.href === location.href) setTimeout(() => arrive(null));
  }

  function begin() {
    if (canUnpack()) document.querySelectorAll(".dlnotes-explore").forEach(makePlayer);
    if (!players.length) return;
    document.querySelectorAll(".dl-anchor").forEach((anchor) => anchor.remove()); // where links lead without a script
    arrive(history.state);
    addEventListener("popstate", ({ state }) => arrive(state));
    addEventListener("click", ({ target }) => followed(target.closest("a[href*='#']")), true);
    addEventListener("beforeprint", land); // or it would lie over every sheet
    addEventListener("keydown", leave);
    addEventListener("scroll", landInPlace, { passive: true });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
