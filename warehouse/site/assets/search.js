"use strict";
// Search over all agencies: pairs of characters lead to agencies, files of both are loaded when they are needed.
nianbao.ready.then(() => {
  const {make, say} = nianbao;
  const {chunk, shares, names} = nianbao.page();
  const form = document.getElementById("search");
  const input = document.getElementById("q");
  const results = document.getElementById("results");
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const step = 30;
  const pairs = new Map();
  const agencies = new Map();
  let asked = 0, rest = null;
  nianbao.pairs = (found) => { for (const pair of Object.keys(found)) pairs.set(pair, found[pair]); };
  nianbao.agencies = (number, rows) => agencies.set(number, rows);

  async function numbers(pair) {
    await nianbao.load(`search/p${(pair.charCodeAt(0) * 31 + pair.charCodeAt(1)) % shares}.js`);
    if (!pairs.has(pair)) return [];
    let before = 0;
    return pairs.get(pair).split(" ").map((word) => (before += parseInt(word, 36)));
  }
  async function record(number) {
    const file = Math.floor(number / chunk);
    await nianbao.load(`search/a${file}.js`);
    return agencies.get(file)[number % chunk];
  }
  function yearsOf(text) {
    return text.split(" ").filter(Boolean).flatMap((span) => {
      const [first, last] = span.split("-").map(Number);
      return Array.from({length: (last || first) - first + 1}, (_, i) => first + i);
    });
  }
  async function candidates(words) {
    const wanted = new Set(words.flatMap((word) => Array.from({length: word.length - 1}, (_, i) => word.slice(i, i + 2))));
    const lists = await Promise.all([...wanted].map(numbers));
    lists.sort((a, b) => a.length - b.length);
    return lists.reduce((kept, list) => { const held = new Set(list); return kept.filter((number) => held.has(number)); });
  }
  function line([agency, code, place, key, years], year) {
    const held = yearsOf(years);
    const links = held.map((one) => make("a", {href: nianbao.address(`report/${one}/${key.slice(0, 2)}/${key}.html`), class: one === year ? "hit" : ""}, String(one)));
    return make("li", {}, make("a", {href: nianbao.address(`agency/${key.slice(0, 2)}/${key}.html`), class: "name", lang: "zh-CN"}, agency),
      make("span", {class: "where"}, ` ${say("province." + code, names[code])} ${place}`),
      make("span", {class: "held"}, ...links.flatMap((link) => [link, " "])));
  }
  async function show(mine) {
    const found = [];
    while (found.length < step && rest.left.length) {
      const row = await record(rest.left.shift());
      if (mine !== asked) return;
      const texts = [row[0], names[row[1]], ...row[2].split(" ")].map((text) => text.toLowerCase());
      const fits = rest.words.every((word) => texts.some((text) => text.includes(word)));
      if (fits && (!rest.year || yearsOf(row[4]).includes(rest.year))) found.push(line(row, rest.year));
    }
    results.append(...found);
    more.hidden = !rest.left.length;
    const shown = results.childElementCount;
    count.textContent = shown ? `${shown}${rest.left.length ? "+" : ""} ${say("search_results", "个机关")}` : say("search_none", "没有找到。");
  }
  async function search() {
    const mine = ++asked;
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const year = Number(words.find((word) => /^(19|20)\d\d$/.test(word))) || null;
    const names = words.filter((word) => word !== String(year));
    results.replaceChildren();
    more.hidden = true;
    count.textContent = "";
    if (!words.length) return;
    if (!names.length || names.some((word) => word.length < 2)) {
      count.textContent = say("search_short", "请至少输入两个字。");
      return;
    }
    const left = await candidates(names);
    if (mine !== asked) return;
    rest = {left, words: names, year};
    await show(mine);
  }
  let pause = 0;
  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 150); });
  form.addEventListener("submit", (event) => { event.preventDefault(); location.hash = encodeURIComponent(input.value); search(); });
  more.addEventListener("click", () => show(asked));
  function fromAddress() {
    const wanted = nianbao.fragment();
    if (wanted && wanted !== input.value) { input.value = wanted; search(); }
  }
  addEventListener("hashchange", fromAddress);
  fromAddress();
});
