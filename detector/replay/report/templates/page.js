"use strict";

// Tables: a click on a head sorts, the boxes above narrow.
for (const box of document.querySelectorAll(".table")) {
  const body = box.querySelector("tbody");
  const heads = [...box.querySelectorAll("thead th")];
  const search = box.querySelector("input");
  const choices = [...box.querySelectorAll("select")];
  const told = box.querySelector("output");
  const texts = new Map([...body.rows].map((row) => [row, row.textContent.toLowerCase()]));

  const shownOf = (cell) => cell.textContent.trim();
  const narrow = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = choices.filter((choice) => choice.value);
    let number = 0;
    for (const row of body.rows) {
      row.hidden =
        !words.every((word) => texts.get(row).includes(word)) ||
        !chosen.every((choice) => shownOf(row.cells[choice.dataset.column]) === choice.value);
      number += !row.hidden;
    }
    told.textContent = `${number.toLocaleString("en")} of ${body.rows.length.toLocaleString("en")} rows`;
  };

  const keyOf = (cell) => ("order" in cell.dataset ? Number(cell.dataset.order) : shownOf(cell));
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number"
      ? one - other
      : String(one).localeCompare(String(other), "en", { numeric: true });
  const sort = (head) => {
    const column = heads.indexOf(head);
    const isDown = head.getAttribute("aria-sort") === "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    const keyed = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    keyed.sort(([one], [other]) => (isDown ? compare(other, one) : compare(one, other)));
    body.append(...keyed.map(([, row]) => row));
  };

  for (const choice of choices) {
    const cells = [...body.rows].map((row) => row.cells[choice.dataset.column]);
    const values = new Map(cells.map((cell) => [shownOf(cell), keyOf(cell)]));
    for (const [value] of [...values].sort(([, one], [, other]) => compare(one, other))) {
      choice.append(new Option(value || "(none)", value));
    }
    choice.addEventListener("change", narrow);
  }
  search.addEventListener("input", narrow);
  for (const head of heads) head.querySelector("button").addEventListener("click", () => sort(head));
  narrow();
}

// A rule chosen in a chart narrows the table of alerts to it.
function showRule(rule) {
  const box = document.getElementById("table-alerts");
  const choice = [...box.querySelectorAll("select")].find((each) =>
    [...each.options].some((option) => option.value === rule),
  );
  if (!choice) return;
  choice.value = rule;
  choice.dispatchEvent(new Event("change"));
  box.scrollIntoView({ behavior: "smooth" });
}

// Charts. Their expressions are interpreted, as the page lets no script be made from text.
const drawn = JSON.parse(document.getElementById("drawn").textContent);
const options = { ast: true, renderer: "svg", actions: false, config: drawn.config };
const views = Object.entries(drawn.charts).map(async ([name, spec]) => {
  const { view } = await vegaEmbed(`#chart-${name}`, spec, options);
  view.addEventListener("click", (_, item) => {
    if (item && item.datum && item.datum.rule) showRule(item.datum.rule);
  });
});
Promise.all(views).then(() => {
  document.documentElement.dataset.state = "drawn";
});
