// Search, and the choice of the page. The address selects the page, so that Back works and a page can be sent to
// others.

const PAGES = { person: personPage, group: groupPage, account: accountPage, set: setPage };
const home = document.getElementById("home");
const entity = document.getElementById("entity");
const title = document.title;

const texts = {};
function searchText(kind, place) {
  if (!texts[kind]) {
    const columns = kind === "person" ? [1, 2, 3, 0] : [1, 0];
    texts[kind] = KINDS[kind].list.map((one) => columns.map((column) => one[column] || "").join("\n").toLowerCase());
  }
  return texts[kind][place];
}

const MOST_FOUND = 8;
const search = document.getElementById("search");
const found = document.getElementById("found");
const foundCount = document.getElementById("found-count");

function find(typed) {
  const words = typed.trim().toLowerCase();
  if (!words) return [];
  const all = [];
  for (const kind of Object.keys(KINDS)) {
    const { list } = KINDS[kind];
    for (let place = 0; place < list.length; place++) {
      const at = searchText(kind, place).indexOf(words);
      if (at >= 0) all.push([at === 0 ? 0 : 1, kind, place]);
    }
  }
  return all.sort((a, b) => a[0] - b[0]);
}

function showFound() {
  const all = find(search.value);
  found.replaceChildren(...all.slice(0, MOST_FOUND).map(([, kind, place]) => {
    const more = kind === "person" && people[place][3] ? [" ", h("span", { class: "quiet" }, bdi(people[place][3]))] : [];
    return h("li", {}, h("span", { class: "kind" }, KINDS[kind].noun), " ", link(kind, place), more);
  }));
  const most = all.length > MOST_FOUND ? `; the first ${MOST_FOUND}` : "";
  foundCount.textContent = search.value.trim() ? (all.length ? `${grouped(all.length)} found${most}` : "Nothing has that in its name, e-mail address or id.") : "";
}

search.addEventListener("input", showFound);
search.addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")];
  if (event.key === "Enter" && links.length) links[0].click();
  if (event.key === "ArrowDown" && links.length) {
    event.preventDefault();
    links[0].focus();
  }
  if (event.key === "Escape") clearSearch();
});
found.addEventListener("keydown", (event) => {
  const links = [...found.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : NaN);
  if (Number.isNaN(at)) return;
  event.preventDefault();
  (at < 0 ? search : links[Math.min(at, links.length - 1)]).focus();
});

function clearSearch() {
  search.value = "";
  showFound();
}

function showPage(heading, label, content) {
  const focus = h("h2", { tabindex: "-1", id: "page-heading" }, heading);
  entity.replaceChildren(h("nav", { "aria-label": "Back" }, h("a", { href: "#" }, "← first screen")), h("p", { class: "kind" }, label), focus, ...content.filter(Boolean));
  focus.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function showThing(kind, typed) {
  const place = KINDS[kind].list.findIndex((one) => one[0] === typed);
  if (place < 0) {
    showPage(`No such ${KINDS[kind].noun}`, KINDS[kind].noun, [h("p", {}, "This page has no ", KINDS[kind].noun, " with the id ", bdi(typed), ". It may be on another page, of another day or OU.")]);
    return;
  }
  document.title = `${name(kind, place)}, ${title}`;
  showPage([bdi(name(kind, place)), ...marks(kind, place)], KINDS[kind].noun, PAGES[kind](place));
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let isFirst = true;
function route() {
  const [path, query] = location.hash.slice(1).split("?", 2);
  const [kind, ...rest] = path.split("/");
  const isPage = kind in PAGES || kind === "orphans";
  document.title = title;
  shown = [];
  home.hidden = isPage;
  entity.hidden = !isPage;
  if (isPage) clearSearch();
  else entity.replaceChildren();
  document.body.classList.toggle("only-table", kind === "table");
  document.body.classList.toggle("on-page", isPage || kind === "table");
  if (kind === "orphans") showPage("Access of deleted users and groups", "list", orphanPage());
  else if (isPage) showThing(kind, decode(rest.join("/")));
  else {
    showing(access.table);
    access.show(new URLSearchParams(kind === "table" ? query || "" : ""));
    const target = kind && document.getElementById(kind);
    if (target && !isTyping()) {
      const heading = target.querySelector("h2") || target;
      heading.focus({ preventScroll: true });
      target.scrollIntoView();
    } else if (!isFirst && !kind) window.scrollTo(0, 0);
  }
  isFirst = false;
}

// The focus stays on the facets while the user chooses among them.
const isTyping = () => document.getElementById("access").contains(document.activeElement);

window.addEventListener("hashchange", route);
route();
