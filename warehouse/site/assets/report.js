"use strict";
// A report's form: hover, tap or arrow keys show what was printed in a cell, where, and which checks take it.
nianbao.ready.then(() => {
  const {make, say, number} = nianbao;
  const panel = document.getElementById("cell");
  const forms = document.getElementById("forms");
  if (!forms) return;
  const followed = nianbao.page().forms;
  const bound = Object.entries(followed).flatMap(([table, form]) => nianbao.rules[form].filter((rule) => rule[3] === table));
  const all = [...forms.querySelectorAll("td[id]")];
  const words = {s: ["status.stated", "文件载明"], b: ["status.blank", "空白"], n: ["status.not_applicable", "填“/”等"],
    d: ["status.deduced", "推得"], u: ["status.uncertain", "不确定"], a: ["status.absent", "文件中没有"]};
  const empty = panel.firstElementChild;
  let chosen = null;

  for (const table of forms.querySelectorAll("table")) {
    table.setAttribute("role", "grid");
    table.querySelectorAll("td[id]").forEach((cell, i) => { cell.tabIndex = i ? -1 : 0; });
  }

  function value(id) {
    const cell = document.getElementById(id);
    if (!cell || !/\b[sd]\b/.test(cell.className)) return null;
    return Number(cell.textContent.replace(/,/g, ""));
  }
  function sum(ids) {
    const values = ids.map(value);
    return values.includes(null) ? null : Math.round(values.reduce((a, b) => a + b, 0) * 1e6) / 1e6;
  }
  function label(id) {
    const [zh, en] = nianbao.cells[id] || [id, id];
    return nianbao.isEnglish ? en || zh : zh;
  }
  function written(ids) {
    const named = ids.length <= 4 ? ids : ids.filter((id) => value(id));
    return named.map((id) => { const found = value(id); return found === null ? "?" : number(found); }).join(" + ") || "0";
  }
  function check([id, kind, , , left, right, rule_label]) {
    const [one, other] = [sum(left), sum(right)];
    const known = one !== null && other !== null;
    const holds = known && (kind === "sum_equals" ? one === other : one >= other);
    const sign = kind === "sum_equals" ? (holds ? "=" : "≠") : (holds ? "≥" : "<");
    const line = make("li", {class: known && !holds ? "no" : ""});
    const word = known ? (holds ? say("outcome.pass", "成立") : say("outcome.fail", "不成立")) : say("outcome.not_checkable", "无法校验");
    line.append((known ? (holds ? "✓ " : "✗ ") : "– ") + word + (nianbao.isEnglish ? ": " : "：") + say("check." + id, rule_label));
    if (known) line.append(make("br"), written(left) + " " + sign + " " + written(right));
    return line;
  }
  function evidence(cell) {
    if (!cell.dataset.e) return null;
    const [source, table, row, column, page, box] = cell.dataset.e.split(",");
    const places = [];
    if (page) places.push(say("evidence_page", "第{0}页").replace("{0}", page));
    if (table) {
      places.push(say("evidence_table", "第{0}个表格，第{1}行第{2}列")
        .replace("{0}", Number(table) + 1).replace("{1}", Number(row) + 1).replace("{2}", Number(column) + 1));
    }
    const fragment = page && box ? `p${page}-${box.replaceAll(" ", "-")}` : table ? `t${table}-r${row}-c${column}` : "";
    return {source, text: places.join(nianbao.isEnglish ? ", " : "，"), fragment};
  }
  function show(cell) {
    const details = make("dl");
    const pair = (key, zh, inside, lang) => details.append(make("dt", {}, say(key, zh)), make("dd", {lang}, inside));
    const status = cell.className.trim()[0];
    pair("value", "数值", make("span", {class: "value"}, cell.textContent));
    pair("status", "状态", say(...words[status]));
    if (status !== "a") pair("raw", "原文", cell.dataset.r ?? cell.textContent, "zh-CN");
    const found = evidence(cell);
    pair("evidence", "出处", found ? found.text || `${say("original_source", "原件")} ${found.source}` : say("evidence_none", "文件中没有此格"));
    const checks = bound.filter((rule) => rule[4].includes(cell.id) || rule[5].includes(cell.id));
    const list = make("ul", {}, ...checks.map(check));
    const closer = make("button", {type: "button", class: "closer"}, say("close", "关闭"));
    closer.addEventListener("click", () => { const last = chosen; clear(); last?.focus({preventScroll: true}); });
    const tools = make("p", {class: "tools"}, make("a", {href: "#" + cell.id}, say("address_of_cell", "此格的固定地址")));
    if (found && frame(found.source)) {
      const look = make("button", {type: "button"}, say("show_in_original", "在原件中查看"));
      look.addEventListener("click", () => { point(found); frame(found.source).scrollIntoView({block: "center"}); });
      tools.prepend(look);
    }
    const unit = (nianbao.cells[cell.id] || [])[2];
    panel.replaceChildren(closer, make("h3", {}, label(cell.id) + (unit ? `（${unit}）` : "")), details,
      checks.length ? list : make("p", {class: "quiet"}, say("checks_none", "没有校验涉及此格")), tools);
  }
  function frame(source) {
    return document.querySelector(`iframe[data-source="${CSS.escape(source)}"]`);
  }
  // The frame is sandboxed and runs no script: its place is chosen by the fragment of its address. One that is
  // still loading would lose it, so another takes its place.
  const loaded = new WeakSet();
  function watch(one) { one.addEventListener("load", () => loaded.add(one), {once: true}); }
  document.querySelectorAll("iframe").forEach(watch);
  function point(found) {
    const at = found && frame(found.source);
    if (!at || !found.fragment) return;
    const address = at.getAttribute("src").split("#")[0] + "#" + found.fragment;
    if (loaded.has(at)) {
      at.src = address;
      return;
    }
    const fresh = at.cloneNode();
    fresh.loading = "eager";
    fresh.src = address;
    watch(fresh);
    at.replaceWith(fresh);
  }
  function related(cell, on) {
    for (const rule of bound) {
      if (!rule[4].includes(cell.id) && !rule[5].includes(cell.id)) continue;
      for (const id of [...rule[4], ...rule[5]]) document.getElementById(id)?.classList.toggle("also", on && id !== cell.id);
    }
  }
  function clear() {
    if (chosen) {
      chosen.classList.remove("chosen");
      related(chosen, false);
    }
    chosen = null;
    panel.classList.remove("open");
    panel.replaceChildren(empty);
  }
  function choose(cell) {
    if (chosen === cell) return;
    clear();
    chosen = cell;
    cell.classList.add("chosen");
    panel.classList.add("open");
    related(cell, true);
    show(cell);
    point(evidence(cell));
  }

  forms.addEventListener("mouseover", (event) => {
    const cell = event.target.closest("td[id]");
    if (cell && !chosen && matchMedia("(hover: hover)").matches) show(cell);
  });
  forms.addEventListener("click", (event) => {
    const cell = event.target.closest("td[id]");
    if (cell) cell.focus({preventScroll: true});
  });
  forms.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td[id]");
    if (!cell) return;
    for (const other of cell.closest("table").querySelectorAll("td[tabindex='0']")) other.tabIndex = -1;
    cell.tabIndex = 0;
    choose(cell);
  });
  const steps = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
  forms.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td[id]");
    if (event.key === "Escape") clear();
    if (!cell || !steps[event.key]) return;
    const [across, down] = steps[event.key];
    const rows = [...cell.closest("table").rows].map((row) => [...row.querySelectorAll("td[id]")]).filter((row) => row.length);
    const at = rows.findIndex((row) => row.includes(cell));
    const column = rows[at].indexOf(cell);
    const row = rows[at + down];
    const next = row && row[Math.min(column + across, row.length - 1)];
    if (next) next.focus();
    event.preventDefault();
  });

  function fromAddress() {
    const cell = all.find((one) => one.id === nianbao.fragment());
    if (cell) cell.focus();
  }
  addEventListener("hashchange", fromAddress);
  fromAddress();
});
