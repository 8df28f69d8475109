/**
 * Draws the page's charts by Apache ECharts, and again when the theme changes. Without it, and for
 * whoever wants the numbers, the table behind each chart is there.
 */

/** @type {Map<HTMLElement, any>} */
const drawn = new Map();

/** @param {string} name a token of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Stretches of a line where nothing is known, from the last known value to the next.
 * @param {(number | null)[]} values
 */
function gaps(values) {
  const found = [];
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] !== null) continue;
    const from = at;
    while (at + 1 < values.length && values[at + 1] === null) at += 1;
    found.push([{ xAxis: Math.max(0, from - 1) }, { xAxis: Math.min(values.length - 1, at + 1) }]);
  }
  return found;
}

/** How wide the widest name below a chart is, in pixels: a sign of Chinese is as wide as it is high.
 * @param {string[]} labels
 */
const widest = (labels) => Math.max(0, ...labels.map((label) => [...label].reduce((sum, sign) => sum + (sign > "\u2e7f" ? 13 : 8), 0)));

/** @param {any} spec @param {boolean} narrow @returns {any} */
function option(spec, narrow) {
  const ink = colour("ink");
  const grey = colour("ink-2");
  const line = colour("line");
  const paints = [colour("accent"), colour("orange"), colour("green"), grey];
  const several = spec.series.length > 1;
  // Every bar has its name: where they don't fit side by side, they lean. What the names mean stands below them.
  const leans = narrow && spec.kind === "bar";
  const named = leans ? { interval: 0, rotate: 45 } : { interval: "auto", hideOverlap: true };
  const below = leans ? 20 + Math.ceil(widest(spec.labels) * Math.SQRT1_2) : 28;
  const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 13 };
  // What the bound is stands above the drawing, where no bar hides it and no line crosses it; at its end is its number.
  const bound = spec.threshold;
  const legend = several && spec.kind === "bar";
  const raised = bound && legend ? 24 : 0;
  return {
    animation: false,
    textStyle: text,
    // A line has its name at its end; several bars are told apart by a legend.
    legend: { show: legend, top: 0, right: 8, textStyle: text },
    title: bound && { text: `- - ${narrow ? bound.short : bound.title}`, top: raised, right: 4, padding: 2, textStyle: { ...text, color: colour("red"), fontWeight: 400 } },
    grid: { left: 8, right: several && spec.kind === "line" ? 90 : spec.kind === "line" ? 56 : bound ? 44 : 24, top: 34 + raised, bottom: spec.label_title ? 28 : 8, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: (/** @type {any} */ value) => (value == null ? spec.missing : `${value} ${spec.unit}`) },
    xAxis: { type: "category", data: spec.labels, name: spec.label_title, nameLocation: "middle", nameGap: below, nameTextStyle: { color: grey }, axisLabel: { color: grey, fontSize: 13, ...named }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    yAxis: { type: "value", min: spec.kind === "bar" ? 0 : undefined, scale: spec.kind === "line", boundaryGap: [0, "12%"], name: spec.unit, nameTextStyle: { color: grey, align: "left" }, axisLabel: { color: grey, fontSize: 13 }, splitLine: { lineStyle: { color: line } } },
    series: spec.series.map((/** @type {any} */ one, /** @type {number} */ at) => ({
      type: spec.kind,
      name: one.title,
      // A missing bar says so where it would stand; a line is interrupted.
      data: one.values.map((/** @type {number | null} */ value) => (value === null && spec.kind === "bar" ? { value: 0, label: { formatter: spec.missing, color: grey } } : value)),
      connectNulls: false,
      barMaxWidth: 44,
      symbolSize: 7,
      itemStyle: { color: paints[at % paints.length], borderRadius: spec.kind === "bar" ? [3, 3, 0, 0] : 0 },
      lineStyle: { width: 2.5, type: ["solid", "dashed", "dotted"][at % 3] },
      label: { show: spec.kind === "bar", position: "top", color: ink, fontSize: 13, backgroundColor: colour("panel"), padding: [1, 4] },
      endLabel: { show: spec.kind === "line", formatter: several ? "{a}" : "{c}", color: ink, fontSize: 13, backgroundColor: colour("panel"), padding: [1, 4] },
      markArea: spec.kind === "line" ? { silent: true, data: gaps(one.values), itemStyle: { color: colour("sunken") }, label: { position: "inside", formatter: spec.missing, color: grey, fontSize: 13 } } : undefined,
      labelLayout: { hideOverlap: true },
      markLine: at === 0 && bound ? {
        silent: true,
        z: 1, // below the numbers
        symbol: "none",
        data: [{ yAxis: bound.value }],
        lineStyle: { color: colour("red"), width: 2, type: "dashed" },
        // A line's last value stands at its end, so the bound's number stands at its beginning.
        label: { position: spec.kind === "bar" ? "end" : "insideStartTop", formatter: "{c}", color: colour("red"), fontSize: 13, backgroundColor: colour("panel"), padding: [1, 4] },
      } : undefined,
    })),
  };
}

/** @param {HTMLElement} place */
function draw(place) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart ?? "")?.textContent ?? "{}");
  place.hidden = false;
  const chart = drawn.get(place) ?? echarts.init(place, null, { renderer: "canvas" });
  drawn.set(place, chart);
  chart.resize();
  chart.setOption(option(spec, place.clientWidth < 560), true);
  place.closest("figure")?.querySelector("details.behind")?.removeAttribute("open");
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-chart]")) draw(/** @type {HTMLElement} */ (place));
}

drawAll();
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
// A narrower chart is another one: its names lean, and its threshold is named shortly.
addEventListener("resize", drawAll);
addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize({ width: 620 })));
addEventListener("afterprint", () => drawn.forEach((chart) => chart.resize({ width: "auto" })));
