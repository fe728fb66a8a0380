"use strict";
// The frame of every page: the language switch, scripts that hold data, copy buttons.
const nianbao = (() => {
  const root = document.documentElement.dataset.root;
  const wanted = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh";
  const received = new Map();
  let words = null;

  // Loads a script file below the root of the site, once; pages opened from disk can load nothing else.
  function load(file) {
    if (!received.has(file)) {
      received.set(file, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = root + file;
        script.onload = resolve;
        script.onerror = () => reject(new Error(file));
        document.head.append(script);
      }));
    }
    return received.get(file);
  }

  // The word of a key: English if that is the page's language and the key is known, else what is given.
  function say(key, zh) {
    return (words && words[key]) || zh;
  }

  // Puts the words of the page's language into everything below `node` that carries a key.
  function translate(node) {
    if (!words) return;
    for (const element of node.querySelectorAll("[data-t]")) {
      if (element.dataset.t in words) {
        element.textContent = words[element.dataset.t];
        element.lang = "en";
      }
    }
    for (const element of node.querySelectorAll("[data-t-label]")) {
      element.setAttribute("aria-label", words[element.dataset.tLabel]);
    }
    for (const element of node.querySelectorAll("[data-t-hint]")) {
      element.placeholder = words[element.dataset.tHint];
    }
    for (const link of node.querySelectorAll("a[href]")) {
      const href = link.getAttribute("href");
      if (/^(?:[a-z]+:|#)/i.test(href) || href.includes("lang=en")) continue;
      const [path, hash] = href.split("#");
      link.setAttribute("href", path + (path.includes("?") ? "&" : "?") + "lang=en" + (hash ? "#" + hash : ""));
    }
  }

  // An address of this site in the page's language.
  function address(path) {
    const [file, hash] = path.split("#");
    return root + file + (words ? (file.includes("?") ? "&" : "?") + "lang=en" : "") + (hash ? "#" + hash : "");
  }

  // An element with text or elements in it; nothing that it is given is ever read as markup.
  function make(name, attributes, ...inside) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...inside);
    return element;
  }

  // What the fragment of the address says; nothing where it is no text.
  function fragment() {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  }

  function number(value) {
    return value.toLocaleString("en-US", {maximumFractionDigits: 6});
  }

  function copyButtons() {
    for (const block of document.querySelectorAll("pre.code")) {
      const text = block.textContent;
      const button = make("button", {type: "button"}, say("copy", "复制"));
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(text);
        } catch {
          getSelection().selectAllChildren(block.querySelector("code"));
          document.execCommand("copy");
        }
        button.textContent = say("copied", "已复制");
      });
      block.prepend(button);
    }
  }

  function languageButton() {
    const button = document.getElementById("language");
    button.hidden = false;
    button.textContent = words ? "中文" : "English";
    button.lang = words ? "zh-CN" : "en";
    button.addEventListener("click", () => {
      const query = new URLSearchParams(location.search);
      if (words) query.delete("lang");
      else query.set("lang", "en");
      location.search = query.toString();
    });
  }

  const ready = (async () => {
    if (wanted === "en") {
      await load("assets/en.js");
      document.documentElement.lang = "en";
    }
    translate(document);
    languageButton();
    copyButtons();
  })();

  return {
    root, load, say, translate, address, make, number, fragment, ready,
    // Called by the script files that hold data.
    english(found) { words = found; },
    forms(cells, rules) { this.cells = cells; this.rules = rules; },
    page() { return JSON.parse(document.getElementById("page").textContent); },
    get isEnglish() { return words !== null; },
  };
})();

// The map and the matrix of the first page: which year and which measure they show.
nianbao.ready.then(() => {
  const controls = document.getElementById("controls");
  if (!controls) return;
  const {years, counts} = nianbao.page();
  const measures = {held: 0, complete_share: 1, failing: 2, late: 3, missing: 4, blocked: 5};
  controls.hidden = false;

  function value(row, measure) {
    if (!row || !row.length) return null;
    if (measure !== "complete_share") return row[measures[measure]];
    return row[0] ? row[1] / row[0] : null;
  }
  function shown(found, measure) {
    if (found === null) return "·";
    return measure === "complete_share" ? Math.round(found * 100) + " %" : nianbao.number(found);
  }
  function sum(place) {
    return Object.values(counts).reduce((all, rows) => all.map((count, i) => count + (rows[place][i] || 0)), [0, 0, 0, 0, 0, 0]);
  }
  // The share that colours a place: what was read complete, or of the agencies that are known what is wrong.
  function shade(row, measure) {
    if (!row || !row.length) return "";
    if (measure === "held" || measure === "complete_share") return row[0] ? " q" + Math.min(Math.floor(row[1] * 5 / row[0]), 5) : "";
    const of = measure === "failing" || measure === "late" ? row[0] : row[0] + row[4] + row[5];
    return of ? " q" + (5 - Math.min(Math.ceil(row[measures[measure]] * 5 / of), 5)) : "";
  }
  function update() {
    const measure = controls.elements.measure.value;
    const good = measure === "held" || measure === "complete_share";
    const place = years.indexOf(Number(document.getElementById("year").value));
    for (const tile of document.querySelectorAll("a.tile")) {
      const row = counts[tile.dataset.code][place];
      tile.querySelector(".v").textContent = shown(value(row, measure), measure);
      tile.className = "tile" + shade(row, measure);
    }
    for (const line of document.querySelectorAll("tr[data-code]")) {
      const rows = counts[line.dataset.code];
      [...line.querySelectorAll("td")].forEach((cell, i) => {
        cell.textContent = shown(value(rows ? rows[i] : sum(i), measure), measure);
        if (rows) cell.className = shade(rows[i], measure).trim();
      });
    }
    const scale = document.getElementById("scale");
    const name = scale.firstElementChild;
    const label = controls.querySelector(`input[value=${good ? "complete_share" : measure}] + span`);
    name.textContent = label.textContent;
    [...scale.querySelectorAll("i")].forEach((step, i) => { step.className = "q" + (good ? i : 5 - i); });
  }
  controls.addEventListener("change", update);
  controls.addEventListener("submit", (event) => event.preventDefault());
});
