"use strict";
// The list of findings: what is chosen stands in the fragment of the address, kind/year/province/agency/place.
nianbao.ready.then(() => {
  const {make, say} = nianbao;
  const choose = document.getElementById("choose");
  if (!choose) return;
  const {counts, names, words} = nianbao.page();
  const table = document.getElementById("table");
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const step = 200;
  const shards = new Map();
  const columns = [["agency", "机关", (row) => row.agency], ["province", "省份", (row) => row.province + row.place],
    ["finding", "内容", (row) => row.what + row.text]];
  let rows = [], only = "", sorted = 0, down = false, limit = step, asked = 0;
  nianbao.findings = (name, found) => shards.set(name, found);

  function place(code) { return say("province." + code, names[code] || code); }
  function key(row) { return `${row.kind}/${row.year}/${row.code}/${row.key}/${row.anchor}`; }

  async function rowsOf(kind, year, province) {
    const codes = Object.keys((counts[kind] || {})[year] || {}).filter((code) => !province || code === province);
    await Promise.all(codes.map((code) => nianbao.load(`findings/${kind}-${year}-${code}.js`)));
    return codes.flatMap((code) => shards.get(`${kind}-${year}-${code}`).map(([agencyKey, agency, where, what, text, anchor, onAgency]) => ({
      kind, year, code, province: place(code), place: where, agency, key: agencyKey, what: say(what, words[what] || what), text, anchor,
      page: nianbao.address((onAgency ? `agency/${agencyKey.slice(0, 2)}/` : `report/${year}/${agencyKey.slice(0, 2)}/`) + `${onAgency ? agencyKey.slice(0, 16) : agencyKey}.html#${anchor}`),
    })));
  }
  function visible() {
    if (only) return rows.filter((row) => key(row) === only);
    const text = choose.elements.text.value.trim().toLowerCase();
    const found = rows.filter((row) => !text || (row.agency + row.province + row.place + row.what + row.text).toLowerCase().includes(text));
    const by = columns[sorted][2];
    const order = new Intl.Collator(["zh-CN", "en"], {numeric: true});
    found.sort((a, b) => order.compare(by(a), by(b)) * (down ? -1 : 1));
    return found;
  }
  function head() {
    const line = make("tr");
    columns.forEach(([word, zh], i) => {
      const sort = make("button", {type: "button"}, say(word, zh) + (i === sorted ? (down ? " ▼" : " ▲") : ""));
      sort.addEventListener("click", () => { down = i === sorted ? !down : false; sorted = i; draw(); table.querySelectorAll("thead button")[i].focus(); });
      line.append(make("th", {scope: "col", "aria-sort": i === sorted ? (down ? "descending" : "ascending") : "none"}, sort));
    });
    line.append(make("th", {scope: "col"}, say("permanent_address", "固定地址")));
    return line;
  }
  function draw() {
    const found = visible();
    table.hidden = !found.length;
    table.tHead.replaceChildren(head());
    table.tBodies[0].replaceChildren(...found.slice(0, limit).map((row) => make("tr", {},
      make("td", {}, make("a", {href: row.page, lang: "zh-CN"}, row.agency)),
      make("td", {}, `${row.province} ${row.place}`),
      make("td", {}, row.what, make("br"), make("span", {}, row.text)),
      make("td", {}, make("a", {href: "#" + encodeURI(key(row)), "aria-label": `${say("only_this", "只显示这一条")} ${row.agency}`}, "¶")))));
    more.hidden = found.length <= limit;
    count.replaceChildren(found.length ? `${nianbao.number(found.length)} ${say("shown", "条")} ` : say("no_findings", "没有符合条件的发现。"));
    if (only) count.append(make("a", {href: "#" + only.split("/").slice(0, 2).join("/")}, say("show_all", "显示全部")));
  }
  async function fromAddress() {
    const parts = nianbao.fragment().split("/");
    const kinds = Object.keys(counts);
    const kind = kinds.includes(parts[0]) ? parts[0] : choose.elements.kind.value;
    const years = Object.keys(counts[kind]);
    choose.elements.kind.value = kind;
    choose.elements.year.value = years.includes(parts[1]) ? parts[1] : years.includes(choose.elements.year.value) ? choose.elements.year.value : years[years.length - 1];
    choose.elements.province.value = parts[2] in names ? parts[2] : "";
    only = parts.length >= 5 ? parts.join("/") : "";
    limit = step;
    const mine = ++asked;
    const found = await rowsOf(kind, choose.elements.year.value, choose.elements.province.value);
    if (mine !== asked) return;
    rows = found;
    draw();
  }
  // Spreadsheets run what begins like a formula; an apostrophe keeps it text.
  function field(text) {
    const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return `"${safe.replace(/"/g, '""')}"`;
  }
  document.getElementById("csv").addEventListener("click", () => {
    const lines = [["kind", "year", "province", "place", "agency", "what", "text", "address"]];
    for (const row of visible()) {
      lines.push([row.kind, String(row.year), row.province, row.place, row.agency, row.what, row.text, new URL(row.page, location.href).href]);
    }
    const blob = new Blob(["\ufeff" + lines.map((line) => line.map(field).join(",")).join("\r\n") + "\r\n"], {type: "text/csv"});
    const link = make("a", {href: URL.createObjectURL(blob), download: `findings-${choose.elements.kind.value}-${choose.elements.year.value}.csv`});
    link.click();
    URL.revokeObjectURL(link.href);
  });
  more.addEventListener("click", () => { limit += step; draw(); });
  choose.elements.text.addEventListener("input", () => { limit = step; draw(); });
  for (const name of ["kind", "year", "province"]) {
    choose.elements[name].addEventListener("change", () => {
      const {kind, year, province} = choose.elements;
      location.hash = [kind.value, year.value, province.value].filter(Boolean).join("/");
    });
  }
  choose.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", fromAddress);
  choose.hidden = false;
  fromAddress();
});
