"use strict";
/* Swaps texts, tables and chart options as the reader chooses; drawing itself is the library's. */
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const state = { ...page.start };
  const root = document.documentElement;
  const charts = new Map();
  const PAPER_HEIGHT = { map: 225, budget: 240, flows: 270, ladder: 430, yardstick: 230, parts: 190, lorenz: 230, "benefit-years": 200, "money-years": 200, "reserve-years": 200 };
  const SMALLEST = 8; // px: letters on a tile
  const MOST_FOUND = 50;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const paper = () => root.classList.contains("paper");
  const said = (text, values = {}) => page.words[text].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim() || "transparent";

  function show(value, number, decimals = number.decimals) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const share = number.style === "share";
    const places = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    const text = (share ? value * 100 : value).toLocaleString("en-US", places);
    return share ? said("percent", { number: text }) : text;
  }

  /* The end of an axis in few figures, and in the steps in which the language counts: 150000 is 15 万. */
  function stepped(value) {
    const [size, name] = page.steps.find(([size]) => Math.abs(value) >= size) ?? [1, ""];
    const number = (value / size).toLocaleString("en-US", { maximumSignificantDigits: 4 });
    return name ? `${number} ${name}` : number;
  }

  /* What an option cannot say as plain data: how values are written. */
  const writers = {
    number: (number) => (value) => show(Array.isArray(value) ? value[1] : value, number),
    short: (number) => (value) =>
      number.style === "share" ? show(value, number, 0) : stepped(value),
    value: (number) => (item) => [show(item.value, number), ...(item.data.note ? [item.data.note] : [])].join("\n"),
    item: (number) => (item) => `${item.name}<br><b>${show(item.value[2], number)}</b>`,
    point: (number) => (item) => {
      const across = number.style === "share" ? show(item.value[0], number) : item.value[0].toLocaleString("en-US");
      return `${item.seriesName}<br>${across}: <b>${show(item.value[1], number)}</b>`;
    },
    flow: (number) => (item) => {
      const name = item.dataType === "edge" ? said("flow", { giver: item.data.source, taker: item.data.target }) : item.name;
      return `${name}<br><b>${show(item.value, number)} ${number.unit}</b>`;
    },
    node: (number) => (item) => `${item.name}  ${show(item.value, number)}`,
  };

  function filled(option, number) {
    if (Array.isArray(option)) return option.map((part) => filled(part, number));
    if (option && typeof option === "object")
      return Object.fromEntries(Object.entries(option).map(([key, part]) => [key, filled(part, number)]));
    if (typeof option === "string" && option.startsWith("@")) return colour(option.slice(1));
    if (typeof option === "string" && writers[option.slice(1)] && option.startsWith("#"))
      return writers[option.slice(1)](number);
    return option;
  }

  function joined(base, more) {
    if (Array.isArray(base) && Array.isArray(more)) return base.map((part, k) => joined(part, more[k] ?? {}));
    if (base && more && typeof base === "object" && typeof more === "object" && !Array.isArray(more)) {
      const keys = new Set([...Object.keys(base), ...Object.keys(more)]);
      return Object.fromEntries([...keys].map((key) =>
        [key, key in base && key in more ? joined(base[key], more[key]) : key in more ? more[key] : base[key]]));
    }
    return more;
  }

  function theme() {
    const [ink, soft, edge, paperColour] = ["ink", "soft", "edge", "paper"].map(colour);
    const axis = {
      axisLine: { lineStyle: { color: edge } }, axisTick: { lineStyle: { color: edge } },
      axisLabel: { color: ink }, nameTextStyle: { color: soft }, splitLine: { lineStyle: { color: edge } },
    };
    return {
      textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
      legend: { textStyle: { color: ink } }, visualMap: { textStyle: { color: ink } },
      tooltip: { backgroundColor: paperColour, borderColor: edge, textStyle: { color: ink }, confine: true },
      valueAxis: axis, categoryAxis: axis, sankey: { label: { color: ink } }, bar: { label: { color: ink } },
    };
  }

  function chosen(element) {
    const fixed = element.id.endsWith("-before") ? { side: "before" } : paper() ? { side: "after" } : {};
    const now = { ...state, ...fixed };
    const found = page.figures[element.dataset.figure];
    return { found, now, frame: found.frames[found.dims.map((dim) => now[dim]).join("/")] };
  }

  /* Rows of all places whose first cell holds what is searched for, in the frames of the same choice otherwise. */
  function searched(element) {
    const wanted = element.querySelector("[data-search]")?.value.trim().toLowerCase();
    if (!wanted) return null;
    const { found, now } = chosen(element);
    const place = found.dims.indexOf("place");
    const keys = Object.keys(found.frames).filter((key) => key.split("/").every((value, k) => k === place || value === now[found.dims[k]]));
    const tables = keys.map((key) => found.tables[found.frames[key].table]);
    const rows = tables.flatMap((block) => block.rows.filter(([name]) => name.toLowerCase().includes(wanted)));
    const title = said("found", { count: rows.length, shown: Math.min(rows.length, MOST_FOUND) });
    const block = { ...tables[0], title, rows: rows.slice(0, MOST_FOUND), notes: [] };
    return { found: { ...found, tables: [block] }, now, frame: { table: 0 } };
  }

  function draw(element) {
    const { found, now, frame } = searched(element) ?? chosen(element);
    const place = element.querySelector(".chart");
    const asked = found.dims.filter((dim) => dim !== "run" && page.choices[dim].length > 1).map((dim) => label(dim, now[dim]));
    element.querySelector(".chosen").textContent = asked.join(page.words.comma);
    element.querySelector(".table").replaceChildren(...(frame ? table(found.tables[frame.table]) : [note(said("nothing"))]));
    if (!place) return;
    const height = paper() && Math.min(PAPER_HEIGHT[element.dataset.figure], found.height); // three bars need no page
    place.style.height = `${height || found.height}px`;
    place.hidden = !frame;
    if (!frame || place.clientWidth === 0) return;
    let chart = charts.get(element.id);
    if (!chart) {
      chart = echarts.init(place, theme(), { renderer: "svg" });
      charts.set(element.id, chart);
    }
    chart.resize();
    const width = place.clientWidth;
    const option = filled(joined(found.option, frame.option), found.number);
    fit(option, width, found.number);
    chart.setOption({ ...option, animation: !still.matches && !paper(), animationDuration: 0, animationDurationUpdate: 350 });
    place.setAttribute("aria-label", [found.title, ...asked, said("below")].join(page.words.full));
  }

  /* What depends on the width at hand. */
  function fit(option, width, number) {
    const size = paper() ? 9 : width < 520 ? 11 : 12;
    option.textStyle = { fontSize: size };
    for (const axis of [option.xAxis, option.yAxis])
      if (axis) axis.axisLabel = { ...axis.axisLabel, fontSize: size, ...(axis.axisLabel?.width ? { width: Math.min(axis.axisLabel.width, width / 3) } : {}) };
    if (option.legend) {
      const drawn = option.series.filter((series) => series.data?.length).map((series) => series.name);
      option.legend.data = drawn;
      option.legend.textStyle = { fontSize: size, color: colour("ink") };
      option.grid.top = 12 + 22 * lines(drawn, size, width);
    }
    for (const series of option.series) {
      if (series.type === "sankey") {
        const labels = series.data.filter((node) => node.depth).map((node) => wide(`${node.name}  1,000.0`, size));
        series.right = Math.min(Math.max(...labels) + 12, width / 2);
        series.label = { ...series.label, fontSize: size };
      }
      if (series.type === "heatmap") {
        const [letters, room] = [paper() ? 8 : width > 620 ? 12 : 11, width / option.xAxis.data.length - 8];
        const sizes = Array.from({ length: letters - SMALLEST + 1 }, (_, k) => letters - k);
        const rich = Object.fromEntries(sizes.map((size) => [`s${size}`, { fontSize: size, lineHeight: size + 2 }]));
        const formatter = ({ name, data, value }) => `${fitting(name, data.code, sizes, room)}\n${show(value[2], number, 0)}`;
        series.label = { ...series.label, fontSize: letters, formatter, rich };
      }
    }
  }

  /* A name in the largest letters with which it fits on a tile, on two lines if need be; else its code. */
  function fitting(name, code, sizes, room) {
    const middle = name.indexOf(" ", name.length / 2 - 3);
    const ways = [[name], ...(middle > 0 ? [[name.slice(0, middle), name.slice(middle + 1)]] : [])];
    for (const size of sizes)
      for (const parts of ways)
        if (parts.every((part) => wide(part, size) < room)) return parts.map((part) => `{s${size}|${part}}`).join("\n");
    return code;
  }

  const wide = (text, size) => echarts.format.getTextRect(text, `${size}px ${getComputedStyle(document.body).fontFamily}`).width;

  /* Lines that a legend takes. */
  function lines(names, size, width) {
    let [count, used] = [1, 0];
    for (const name of names) {
      const more = wide(name, size) + 45;
      if (used && used + more > width) [count, used] = [count + 1, 0];
      used += more;
    }
    return count;
  }

  const label = (dim, value) => page.choices[dim].find(([key]) => key === value)?.[1] ?? value;
  const made = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const note = (text) => made("p", text, { className: "note" });

  function table(block) {
    const whole = made("table");
    whole.append(made("caption", block.title));
    const head = whole.createTHead().insertRow();
    block.heads.forEach(([text, kind]) => head.append(made("th", text, { scope: "col", className: kind })));
    const body = whole.createTBody();
    for (const texts of block.rows) {
      const row = body.insertRow();
      texts.forEach((text, k) => row.append(k ? made("td", text, { className: block.heads[k][1] }) : made("th", text, { scope: "row" })));
    }
    const scroll = made("div", "", { className: "scroll", tabIndex: 0 });
    scroll.append(whole);
    return [scroll, ...block.notes.map(note)];
  }

  function drawAll() {
    document.querySelectorAll("[data-figure]").forEach(draw);
  }

  function restart() {
    charts.forEach((chart) => chart.dispose());
    charts.clear();
    drawAll();
  }

  function controls() {
    for (const control of document.querySelectorAll("[data-dim]")) {
      if (control.type === "radio") control.checked = control.value === state[control.dataset.dim];
      else control.value = state[control.dataset.dim];
    }
    const slider = document.getElementById("budget-slider");
    if (!slider) return;
    const text = label("run", state.run);
    slider.value = state.run;
    slider.setAttribute("aria-valuetext", text);
    document.getElementById("budget-shown").textContent = text;
    document.querySelector(".budget-line").textContent = said("budget", { amount: text });
  }

  function choose(dim, value) {
    const before = state.run;
    state[dim] = value;
    if (dim === "who") state.programme = value.split("|")[0];
    if (state.run !== before)
      for (const [slot, html] of Object.entries(page.texts[Number(state.run)]))
        document.querySelector(`[data-slot="${slot}"]`).innerHTML = html;
    controls();
    drawAll();
  }

  function toPaper(on) {
    root.classList.toggle("paper", on);
    document.querySelectorAll("details.more").forEach((part) => { if (on) part.open = true; });
    restart();
  }

  document.addEventListener("change", (event) => {
    const dim = event.target.dataset?.dim;
    if (dim) choose(dim, event.target.value);
  });
  for (const search of document.querySelectorAll("[data-search]"))
    search.addEventListener("input", () => draw(search.closest("figure")));
  document.getElementById("budget-slider")?.addEventListener("input", (event) => choose("run", event.target.value));
  document.getElementById("scheme").addEventListener("click", () => {
    root.dataset.scheme = getComputedStyle(root).colorScheme === "dark" ? "light" : "dark";
    restart();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restart);
  addEventListener("beforeprint", () => toPaper(true));
  addEventListener("afterprint", () => toPaper(location.hash === "#paper"));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width && !paper()) { width = innerWidth; drawAll(); }
  });

  /* For tests and the curious: marks that a chart has drawn, each standing for a number. */
  function drawn(id) {
    let count = 0;
    charts.get(id).getModel().eachSeries((series) => {
      const data = series.subType === "sankey" ? series.getData("edge") : series.getData();
      for (let k = 0; k < data.count(); k++) if (data.getItemGraphicEl(k)) count += 1;
    });
    return count;
  }
  window.commonweal = { page, state, charts, choose, drawn, chosen: (id) => chosen(document.getElementById(id)).frame };

  controls();
  if (location.hash === "#paper") toPaper(true);
  else drawAll();
})();
