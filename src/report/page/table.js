// A table element with sort buttons in its header. It is paged on screen, and printed with all rows up to a limit.

const SIZES = [100, 500];
const MOST = 5000;
// The maximum number of rows that are sorted before a reader asks for it.
const SORTED_UNASKED = 200000;
let tables = 0;

// Each of `columns` has a title, `cell(row)`, and `key(row)`, a number or text to sort by. `rows` is the number of
// rows.
function makeTable({ caption, columns, rows, empty, note, sort, onSort }) {
  const own = `table-${++tables}`;
  const state = { rows, order: null, column: -1, ascending: true, page: 0, size: SIZES[0], note: note || "", isAsked: false };
  const status = h("p", { class: "quiet", role: "status", "aria-live": "polite" });
  const heads = columns.map((column, at) => {
    const button = h("button", { type: "button", class: "sort" }, column.title, h("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      state.isAsked = true;
      sortBy(at, state.column === at ? !state.ascending : true);
      if (onSort) onSort(at, state.ascending);
    });
    // Browsers omit the buttons from a header that is repeated in print.
    return h("th", { scope: "col", class: column.count ? "count" : null }, button, h("span", { class: "on-paper" }, column.title));
  });
  const printed = h("td", { colspan: columns.length });
  const body = h("tbody", {});
  const table = h("table", { class: "rows" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", { class: "printed" }, printed), h("tr", {}, heads)),
    body);
  const step = (title, by) => h("button", { type: "button", on: { click: () => turn(state.page + by) } }, title);
  const back = step("Previous", -1), next = step("Next", 1);
  const size = h("select", { id: `${own}-size`, on: { change: () => resize(Number(size.value)) } },
    SIZES.map((one) => h("option", { value: one }, String(one))),
    h("option", { value: MOST }, `all, up to ${grouped(MOST)}`));
  const pager = h("div", { class: "pager" }, back, next, h("label", { for: `${own}-size` }, "Rows at a time "), size);
  const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${caption}` }, table);
  const element = h("div", { class: "table" }, status, scroll, pager);

  const rowAt = (at) => (state.order ? state.order[at] : at);
  const pages = () => Math.max(1, Math.ceil(state.rows / state.size));

  function draw(size, page) {
    const from = page * size, to = Math.min(state.rows, from + size);
    const drawn = [];
    for (let at = from; at < to; at++) {
      drawn.push(h("tr", {}, columns.map((column) => {
        const cell = column.head ? h("th", { scope: "row" }) : h("td", { class: column.count ? "count" : null });
        cell.append(...[column.cell(rowAt(at))].flat());
        return cell;
        // On a phone a row is a sentence, which breaks at the spaces between its cells.
      }).flatMap((cell) => [cell, " "])));
    }
    body.replaceChildren(...drawn);
  }

  function show() {
    draw(state.size, state.page);
    const many = state.rows > state.size;
    pager.hidden = state.rows <= SIZES[0];
    back.disabled = state.page === 0;
    next.disabled = state.page + 1 >= pages();
    scroll.hidden = state.rows === 0;
    const sorted = state.column < 0 ? "" : `, by ${columns[state.column].title.toLowerCase()}${state.ascending ? "" : ", descending"}`;
    const place = many ? `, page ${grouped(state.page + 1)} of ${grouped(pages())}` : "";
    const words = state.rows === 0 ? empty || "No rows" : `${counted(state.rows, "row", "rows")}${place}${sorted}`;
    status.textContent = `${words}.`;
    heads.forEach((head, at) => {
      if (at === state.column) head.setAttribute("aria-sort", state.ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    const baseline = data.baseline ? `, compared with ${data.baseline.slice(0, 10)}` : "";
    printed.textContent = `${data.organization}, as of ${data.at.slice(0, 10)}${baseline}: ${caption}. ${state.note || status.textContent}` +
      (state.rows > MOST ? ` Printed: the first ${grouped(MOST)}.` : "");
  }

  function turn(page) {
    state.page = Math.min(Math.max(page, 0), pages() - 1);
    show();
    scroll.scrollTop = 0;
  }

  function resize(size) {
    state.size = size;
    turn(0);
  }

  function sortBy(at, ascending) {
    Object.assign(state, { column: at, ascending });
    const { key } = columns[at];
    const count = state.rows;
    let keys = Array.from({ length: count }, (_, row) => key(row));
    if (typeof keys[0] === "string") {
      const places = new Map([...new Set(keys)].sort().map((one, place) => [one, place]));
      keys = keys.map((one) => places.get(one));
    }
    // One number holds a key and its row. A typed array of numbers is sorted without a callback, and equal keys keep the
    // order of their rows.
    const packed = Float64Array.from(keys, (one, row) => (ascending ? one : -one) * count + row).sort();
    state.order = Int32Array.from(packed, (one) => ((one % count) + count) % count);
    turn(0);
  }

  // Shows other rows in the chosen order.
  function replace(rows, note) {
    Object.assign(state, { rows, note: note || "", page: 0, order: null });
    if (!state.isAsked && sort) [state.column, state.ascending] = rows <= SORTED_UNASKED ? sort : [-1, true];
    if (state.column < 0) show();
    else sortBy(state.column, state.ascending);
  }

  const printing = { before: () => draw(MOST, 0), after: show };
  if (sort) sortBy(sort[0], sort[1]);
  else show();
  return { element, replace, sortBy, printing };
}

// The tables on screen, which are the ones that are printed.
let shown = [];
const showing = (table) => (shown.push(table), table.element);
window.addEventListener("beforeprint", () => shown.forEach((table) => table.printing.before()));
window.addEventListener("afterprint", () => shown.forEach((table) => table.printing.after()));
