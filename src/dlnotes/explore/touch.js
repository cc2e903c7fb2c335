/* Figures that a reader touches: what is drawn, dragged or typed becomes an array of numbers, the page computes with
   it, and parts of the picture follow. player.js calls this file for two kinds of elements.

   data-touch="edge=w5" on a part of a picture: a press on it sets the control `edge` of its figure to w5. So does a
   pointer that is held down and moves onto it, a finger too where it is "drag:edge=w5".

   data-touch-computed on a figure: its pictures are not stored, but computed. Its packed data, by dlnotes.explore.touched, are
     constants, steps   numbered arrays, and functions of such arrays: OPERATIONS, the twins of those in Python
     marks              what shows an array: cells, a path, bars, points, words; their elements have data-mark="number"
   and a control with data-array is a field: a pad to draw on, points to drag, or numbers to type. */

(() => {
  "use strict";

  // --- Arrays: {shape, data}, the last axis changing fastest ---

  const count = (shape) => shape.reduce((product, length) => product * length, 1);
  const array = (shape, data) => ({ shape, data: Float64Array.from(data) });
  const make = (shape, entry) =>
    array(
      shape,
      Array.from({ length: count(shape) }, (_, i) => entry(i)),
    );
  const within = (number, low, high) => Math.min(Math.max(number, low), high);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const scalar = (number) => array([], [number]);
  const each = ({ shape, data }, change) => array(shape, data.map(change));

  // Two arrays of one shape, or an array and a number
  function pairwise(x, y, combine) {
    const { shape } = x.shape.length >= y.shape.length ? x : y;
    return make(shape, (i) => combine(x.data[i % x.data.length], y.data[i % y.data.length]));
  }

  const OPERATIONS = {
    relu: (x) => each(x, (z) => Math.max(z, 0)),

    sigmoid: (x) => each(x, (z) => 1 / (1 + Math.exp(-z))),

    softmax({ shape, data }) {
      const classes = shape.at(-1);
      const rows = Array.from({ length: data.length / classes }, (_, i) => data.slice(i * classes, (i + 1) * classes));
      const shares = rows.flatMap((row) => {
        const powers = [...row].map((score) => Math.exp(score - Math.max(...row)));
        return powers.map((power) => power / sum(powers));
      });
      return array(shape, shares);
    },

    flatten: ({ shape, data }) => array([shape[0], count(shape.slice(1))], data),

    dense(x, W, b) {
      const [outputs, inputs] = W.shape;
      return make([...x.shape.slice(0, -1), outputs], (i) => {
        const [row, j] = [Math.floor(i / outputs), i % outputs];
        let z = b.data[j];
        for (let k = 0; k < inputs; k++) z += x.data[row * inputs + k] * W.data[j * inputs + k];
        return z;
      });
    },

    conv2d(x, W, b) {
      const [batch, channels, height, width] = x.shape;
      const [filters, , kernelHeight, kernelWidth] = W.shape;
      const [rows, columns] = [height - kernelHeight + 1, width - kernelWidth + 1];
      return make([batch, filters, rows, columns], (i) => {
        const [n, f] = [Math.floor(i / (filters * rows * columns)), Math.floor(i / (rows * columns)) % filters];
        const [top, left] = [Math.floor(i / columns) % rows, i % columns];
        let z = b.data[f];
        for (let c = 0; c < channels; c++)
          for (let r = 0; r < kernelHeight; r++)
            for (let s = 0; s < kernelWidth; s++)
              z +=
                x.data[((n * channels + c) * height + top + r) * width + left + s] *
                W.data[((f * channels + c) * kernelHeight + r) * kernelWidth + s];
        return z;
      });
    },

    max_pool2d({ shape, data }) {
      const [batch, channels, height, width] = shape;
      const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
      return make([batch, channels, rows, columns], (i) => {
        const map = Math.floor(i / (rows * columns));
        const corner = (map * height + 2 * (Math.floor(i / columns) % rows)) * width + 2 * (i % columns);
        return Math.max(data[corner], data[corner + 1], data[corner + width], data[corner + width + 1]);
      });
    },

    part: ({ data }, { start, shape }) => array(shape, data.slice(start, start + count(shape))),
    add: (x, y) => pairwise(x, y, (a, b) => a + b),
    subtract: (x, y) => pairwise(x, y, (a, b) => a - b),
    multiply: (x, y) => pairwise(x, y, (a, b) => a * b),
    total: ({ data }) => scalar(sum(data)),
    ranked: ({ data }) =>
      array(
        [data.length],
        [...data.keys()].sort((i, j) => data[j] - data[i]),
      ),
    take: (x, index) => each(index, (i) => x.data[i]),
    choose: (index, ...options) => options[index.data[0]],
    first: (x, most) => each(x, (number, i) => (i < most.data[0] ? number : NaN)),
    place: ({ data: [i] }, { columns }) => array([2], [Math.floor(i / columns), i % columns]),

    crop({ shape: [, width], data }, { data: [top, left] }, { rows, columns }) {
      return make([rows, columns], (i) => data[(top + Math.floor(i / columns)) * width + left + (i % columns)]);
    },

    frame({ data: [top, left] }, { rows, columns }) {
      const [right, bottom] = [left + columns, top + rows];
      return array([5, 2], [left, top, right, top, right, bottom, left, bottom, left, top]);
    },

    columns: (x, y) =>
      array(
        [x.data.length, 2],
        [...x.data].flatMap((number, i) => [number, y.data[i]]),
      ),

    centred({ shape, data }) {
      const [rows, columns] = shape;
      const used = [...data.keys()].filter((i) => data[i]);
      if (!used.length) return { shape, data };
      const middle = (length, places) => Math.ceil((length - 1 - Math.max(...places) - Math.min(...places)) / 2);
      const down = middle(rows, used.map((i) => Math.floor(i / columns))); // prettier-ignore
      const right = middle(columns, used.map((i) => i % columns)); // prettier-ignore
      return make(shape, (i) => data[i - down * columns - right] ?? 0); // nothing that is used goes over an edge
    },

    line_fit({ shape: [n], data }) {
      const [x, y] = [0, 1].map((axis) => Array.from({ length: n }, (_, i) => data[2 * i + axis]));
      const [middleX, middleY] = [sum(x) / n, sum(y) / n];
      const spread = sum(x.map((v) => (v - middleX) ** 2)) || 1; // the level line, if all x are the same
      const slope = sum(x.map((v, i) => (v - middleX) * (y[i] - middleY))) / spread;
      return array([2], [middleY - slope * middleX, slope]);
    },

    logistic_fit({ data: x }, { data: y }, { decay, steps = 25 }) {
      const middle = sum(x) / x.length;
      const u = x.map((v) => v - middle);
      let [w, b] = [0, 0];
      for (let step = 0; step < steps; step++) {
        const p = u.map((v) => 1 / (1 + Math.exp(-(w * v + b))));
        const q = p.map((share) => share * (1 - share));
        const missed = p.map((share, i) => share - y[i]);
        const [slopeW, slopeB] = [sum(missed.map((m, i) => m * u[i])) + decay * w, sum(missed)];
        const [ww, wb, bb] = [sum(q.map((v, i) => v * u[i] ** 2)) + decay, sum(q.map((v, i) => v * u[i])), sum(q)];
        const determinant = ww * bb - wb ** 2;
        [w, b] = [w - (bb * slopeW - wb * slopeB) / determinant, b - (ww * slopeB - wb * slopeW) / determinant];
      }
      return array([2], [w, b - w * middle]);
    },
  };

  const STEP = 1e-5; // of the numerical gradient

  // Take a step: [function, numbers of its inputs, options, number of its value]. `slopes` takes others again and again.
  function take([name, inputs, options, number], steps, arrays) {
    if (name !== "slopes") {
      arrays[number] = OPERATIONS[name](...inputs.map((i) => arrays[i]), options);
      return;
    }
    const [target, of] = inputs;
    const again = [...arrays];
    const at = (i, change) => {
      again[of] = each(arrays[of], (entry, j) => (j === i ? entry + change : entry));
      for (const j of options.steps) take(steps[j], steps, again);
      return again[target].data[0];
    };
    arrays[number] = each(arrays[of], (_, i) => (at(i, STEP) - at(i, -STEP)) / (2 * STEP));
  }

  // The arrays of all values, given those of the fields by name.
  function evaluate(data, fields) {
    const arrays = [];
    for (const [number, shape, entries] of data.constants) arrays[number] = make(shape, (i) => entries[i] ?? NaN);
    for (const [name, number] of Object.entries(data.fields)) arrays[number] = fields[name];
    for (const step of data.steps) take(step, data.steps, arrays);
    return arrays;
  }

  // --- Marks: what shows an array ---

  const fixed = (number, decimals) => {
    const text = number.toFixed(decimals);
    return Number(text) ? text.replace("-", "−") : text.replace("-", ""); // no zero has a sign
  };

  // A text with holes for numbers: {0}, {0:.2}, {0|word if it is positive|other word}
  const fill = (template, numbers, arrays) =>
    template.replace(/\{(\d+)(?::\.(\d+))?(?:\|([^|}]*)\|([^|}]*))?\}/g, (_, i, decimals = 0, positive, other) => {
      const [value] = arrays[numbers[i]].data;
      return positive === undefined ? fixed(value, decimals) : value > 0 ? positive : other;
    });

  function set(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  const svgElement = (name, attributes) =>
    set(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);

  const FAR = 1e5; // outside of every picture

  // Where the picture has a coordinate: `axes` are a and b for x, where a + b x is the place, and the same for y.
  const placeOf = ([a, b, c, d], [x, y]) => [a + b * x, c + d * y];
  function path(axes, corners) {
    const places = corners.flatMap((corner) => placeOf(axes, corner)).map((v) => within(v, -FAR, FAR).toFixed(1));
    return places.includes("NaN") ? "" : `M${places.join(" ")}`; // what follows the first place is a line
  }
  const pairs = ({ data }) => Array.from({ length: data.length / 2 }, (_, i) => [...data.slice(2 * i, 2 * i + 2)]);
  const draw = (element, d) => element.querySelector("path").setAttribute("d", d);

  function write(group, { axes, size, anchor = "middle" }, corner, text, color) {
    const [x, y] = placeOf(axes, corner);
    const look = {
      "font-size": size,
      "font-family": "DejaVu Sans, Verdana, sans-serif",
      "dominant-baseline": "central",
    };
    group.replaceChildren(svgElement("text", { x, y, "text-anchor": anchor, ...look }));
    group.firstChild.textContent = text;
    group.firstChild.style.fill = color;
  }

  // How each kind of mark shows its array in its elements
  const SHOW = {
    cells(mark, { shape: [, columns], data }) {
      const { elements, texts, at, low, high, shades, inks, decimals } = mark;
      elements.forEach((element, i) => {
        const empty = !shades.length || Number.isNaN(data[i]);
        const level = empty ? 0 : Math.floor(within((data[i] - low) / (high - low), 0, 1) * (shades.length - 1) + 0.5);
        element.querySelector("path").style.fill = empty ? "var(--dl-page, #ffffff)" : shades[level];
        if (decimals === null) return;
        const middle = [at[0] + (i % columns) + 0.5, at[1] + Math.floor(i / columns) + 0.5];
        write(
          texts[i],
          mark,
          middle,
          Number.isNaN(data[i]) ? "" : fixed(data[i], decimals),
          inks[level] ?? "currentColor",
        );
      });
    },

    path({ elements: [element], axes, at }, value) {
      draw(element, path(axes, pairs(value).map(([x, y]) => [x + at[0], y + at[1]]))); // prettier-ignore
    },

    bars({ elements, axes, width }, { data }) {
      elements.forEach((element, i) => {
        const [left, right, height] = [i - width / 2, i + width / 2, data[i]];
        draw(element, `${path(axes, [[left, 0], [right, 0], [right, height], [left, height]])}Z`); // prettier-ignore
      });
    },

    points({ elements: [element], axes }, value) {
      const places = pairs(value).map((pair) => placeOf(axes, pair));
      element.querySelectorAll("use").forEach((dot, i) => set(dot, { x: places[i][0], y: places[i][1] }));
    },

    words(mark, _, arrays) {
      write(mark.elements[0], mark, [mark.x, mark.y], fill(mark.template, mark.values, arrays), mark.color);
    },
  };

  // The picture of a computed figure, with the same two functions as the stored pictures in player.js have
  function makeComputed(figure, fields, wantedNow, unpack) {
    const find = (name) => [...figure.querySelectorAll(`[data-mark="${name}"]`)];
    let data;

    async function load() {
      if (data) return;
      data = await unpack();
      data.marks.forEach((mark, i) => Object.assign(mark, { elements: find(i), texts: find(`${i}:text`) }));
    }

    async function show() {
      delete figure.dataset.picture; // until it is there
      await load();
      const arrays = evaluate(data, Object.fromEntries(fields.map((field) => [field.name, field.array])));
      for (const mark of data.marks) SHOW[mark.kind](mark, arrays[mark.value], arrays);
      if (data.sentence) figure.querySelector(".dl-sentence").textContent = fill(...data.sentence, arrays);
      figure.dataset.picture = wantedNow();
    }

    figure.dataset.picture = wantedNow();
    return { load, show };
  }

  // --- Fields: arrays that the reader changes ---

  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }; // on the screen

  // The field of a control with data-array: what it is at the start, and how it is changed. `moved` tells the player.
  function makeField(control, moved) {
    const figure = control.closest("figure");
    const { start, examples, ...known } = JSON.parse(control.dataset.array);
    const { low, high, decimals } = known;
    const allowed = (entry, i) =>
      Number(within(entry, low[i % low.length], high[i % high.length]).toFixed(decimals)) + 0;
    const field = {
      ...known,
      control,
      state: start,
      get array() {
        return array(this.shape, this.state);
      },
      get text() {
        return this.state.join(" ");
      },
      parse(text) {
        const numbers = (text.replaceAll("−", "-").match(/\S+/g) ?? []).map(Number);
        return numbers.length === start.length && numbers.every(Number.isFinite) ? numbers.map(allowed) : undefined;
      },
      set(change) {
        this.state = this.state.map((entry, i) => allowed(change(entry, i), i)); // a new array: others keep the old
        moved();
      },
      focus: () => figure.querySelector("svg [tabindex], .dl-numbers input")?.focus({ preventScroll: true }),
    };
    const show = FIELDS[field.kind](field, figure.querySelector("svg"));
    const list = control.querySelector("select"); // of examples, the first of which is none
    list?.addEventListener("input", () => (field.state = examples[list.value] ?? field.state));
    field.write = () => {
      show?.();
      if (list && field.state !== examples[list.value]) list.selectedIndex = 0;
    };
    field.write();
    return field;
  }

  // Tell where a pointer goes that is put down on a part of the picture and held, in the units of the axes.
  function addDrag(part, axes, begin, go) {
    const spot = ({ clientX, clientY }) => {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(part.getScreenCTM().inverse());
      return [(x - axes[0]) / axes[1], (y - axes[2]) / axes[3]];
    };
    part.addEventListener("pointerdown", (event) => {
      if (event.button) return; // another one opens a menu
      part.setPointerCapture(event.pointerId);
      begin(spot(event));
    });
    part.addEventListener("pointermove", (event) => part.hasPointerCapture(event.pointerId) && go(spot(event)));
  }

  // How each kind of field is changed; where it is shown in the controls, a function that does so is returned.
  const FIELDS = {
    numbers(field) {
      const inputs = [...field.control.querySelectorAll("input")];
      inputs[0].parentElement.style.gridTemplateColumns = `repeat(${field.shape[1]}, minmax(0, 5rem))`;
      const show = () =>
        inputs.forEach((input, i) => input === document.activeElement || (input.value = field.state[i]));
      inputs.forEach((input, i) => {
        input.addEventListener("input", (event) => {
          event.stopPropagation(); // half a number changes nothing, a whole one only once
          const number = input.valueAsNumber;
          if (!Number.isNaN(number)) field.set((old, j) => (i === j ? number : old));
        });
        input.addEventListener("blur", show);
      });
      return show;
    },

    // The pen covers places as it moves: a pixel has 4 by 4 of them, and takes the share that is covered.
    pad(field, drawing) {
      const { axes, at, label, brush, control } = field;
      const [rows, columns] = field.shape;
      const [[x, y], width, height] = [placeOf(axes, at), axes[1], axes[3]];
      const cursor = svgElement("rect", { width, height, class: "dl-cursor" });
      const sheet = svgElement("rect", { x, y, width: width * columns, height: height * rows, class: "dl-pad" });
      const name = `${label}: arrow keys move, Space draws or wipes out a pixel`;
      drawing.append(set(sheet, { tabindex: 0, role: "application", "aria-label": name }), cursor);

      let [column, row] = [0, 0]; // of the cursor
      function look() {
        set(cursor, { x: x + column * width, y: y + row * height });
        control.querySelector("output").textContent =
          `row ${row}, column ${column}: ${field.state[row * columns + column]}`;
      }
      sheet.addEventListener("focus", look);
      sheet.addEventListener("keydown", (event) => {
        const [right, down] = ARROWS[event.key] ?? [0, 0];
        if (!(event.key in ARROWS || event.key === " ")) return;
        event.preventDefault();
        [column, row] = [within(column + right, 0, columns - 1), within(row + down, 0, rows - 1)];
        if (event.key === " ") field.set((ink, i) => (i === row * columns + column ? !ink : ink) * 1);
        look();
      });

      const covered = new Uint8Array(16 * rows * columns);
      const wipes = control.querySelector("input");
      wipes.addEventListener("input", (event) => event.stopPropagation()); // the picture has not changed
      let last; // where the pen was
      function draw(here) {
        const [dx, dy] = [here[0] - last[0], here[1] - last[1]];
        covered.forEach((_, i) => {
          const [pixel, place] = [i >> 4, i % 16];
          const u = at[0] + (pixel % columns) + ((place % 4) + 0.5) / 4 - last[0];
          const v = at[1] + Math.floor(pixel / columns) + ((place >> 2) + 0.5) / 4 - last[1];
          const along = within((u * dx + v * dy) / (dx ** 2 + dy ** 2 || 1), 0, 1);
          if (Math.hypot(u - along * dx, v - along * dy) <= brush) covered[i] = 1;
        });
        field.set((ink, i) => {
          const share = sum(covered.subarray(16 * i, 16 * i + 16)) / 16;
          return wipes.checked ? Math.min(ink, 1 - share) : Math.max(ink, share);
        });
        last = here;
      }
      const begin = (here) => {
        covered.fill(0);
        draw((last = here));
      };
      addDrag(sheet, axes, begin, draw);
      control.querySelector("button").addEventListener("click", () => field.set(() => 0));
    },

    points(field, drawing) {
      const { axes, low, high, label, decimals } = field;
      const axis = low[1] < high[1] ? 1 : 0; // the one whose value is said
      const handles = pairs(field.array).map((_, i) => {
        const handle = svgElement("circle", { r: 18, class: "dl-handle", tabindex: 0, role: "slider" });
        const go = (place) => field.set((old, j) => (j >> 1 === i ? place[j % 2] : old));
        handle.addEventListener("keydown", (event) => {
          if (!(event.key in ARROWS)) return;
          event.preventDefault();
          const step = (event.shiftKey ? 10 : 1) / 10 ** decimals;
          const [right, down] = ARROWS[event.key];
          const [x, y] = pairs(field.array)[i];
          go([x + right * step, y - down * step]);
        });
        addDrag(handle, axes, () => {}, go);
        drawing.append(
          set(handle, { "aria-label": `${label} ${i + 1}`, "aria-valuemin": low[axis], "aria-valuemax": high[axis] }),
        );
        return handle;
      });
      return () =>
        pairs(field.array).forEach((pair, i) => {
          const [cx, cy] = placeOf(axes, pair);
          const text = `x ${fixed(pair[0], decimals)}, y ${fixed(pair[1], decimals)}`;
          set(handles[i], { cx, cy, "aria-valuenow": pair[axis], "aria-valuetext": text });
        });
    },
  };

  // --- Parts of a picture that set controls ---

  function addTouch(figure, fields, moved) {
    const drawing = figure.querySelector("svg");
    let before; // undone if the finger scrolls the page
    function put(field, state) {
      if (state === field.state) return;
      field.state = state;
      moved();
    }
    function press(element) {
      const part = element?.closest("[data-touch]");
      if (!drawing.contains(part)) return;
      const [name, text] = part.dataset.touch.replace(/^drag:/, "").split("=");
      const field = fields.find((one) => one.name === name);
      before ??= [field, field.state];
      put(field, field.parse(text));
    }
    drawing.addEventListener("pointerdown", ({ target, button }) => {
      before = undefined;
      if (!button) press(target);
    });
    drawing.addEventListener("pointercancel", () => before && put(...before));
    drawing.addEventListener("pointermove", ({ buttons, clientX, clientY }) => {
      if (buttons === 1) press(document.elementFromPoint(clientX, clientY));
    });
  }

  globalThis.dlnotesTouch = { OPERATIONS, evaluate, fixed, makeComputed, makeField, addTouch };
})();
