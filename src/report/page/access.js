// Every path of access, filtered by facets. The address contains the facets, so that a selection can be sent to a
// colleague.

// The maximum number of paths in one list. A larger selection is only counted, until further facets narrow it.
const LISTED = 2000000;
const FACETS = ["ou", "tier", "set", "via", "since", "production", "text"];

// The columns of a table of paths. `at(row)` returns an assignment and a membership. The columns read as a sentence
// from left to right.
function pathColumns(at, without) {
  const all = {
    person: { title: "Person", head: true, cell: (row) => link("person", personOf(...at(row))), key: (row) => rank("person", personOf(...at(row))) },
    through: { title: "Through", cell: (row) => {
      const [, member] = at(row);
      return member < 0 ? step("directly") : step("group ", link("group", members.group[member]));
    }, key: (row) => (at(row)[1] < 0 ? -1 : rank("group", members.group[at(row)[1]])) },
    set: { title: "Permission set", cell: (row) => step(link("set", assignments.set[at(row)[0]])), key: (row) => rank("set", assignments.set[at(row)[0]]) },
    account: { title: "Account", cell: (row) => step(link("account", assignments.account[at(row)[0]])), key: (row) => rank("account", assignments.account[at(row)[0]]) },
    since: { title: "Since", cell: (row) => sinceCell(sinceOf(...at(row))), key: (row) => sinceOf(...at(row))[0] },
    tier: { title: "Tier", cell: (row) => tierBadge(tierOf(at(row)[0])), key: (row) => tierOf(at(row)[0]) },
    ou: { title: "OU", cell: (row) => ouWords(ouOf(assignments.account[at(row)[0]])), key: (row) => ouName(ouOf(assignments.account[at(row)[0]])) },
  };
  return Object.keys(all).filter((column) => !without.includes(column)).map((column) => all[column]);
}

// A list of paths, stored as two columns of numbers.
function collectPaths(walk) {
  const rows = [];
  walk((assignment, member) => rows.push(assignment, member));
  return { count: rows.length / 2, at: (row) => [rows[row * 2], rows[row * 2 + 1]] };
}

// Makes a table of paths. Those of administrators come first.
function pathTable(caption, paths, without) {
  const columns = pathColumns(paths.at, without);
  const tier = columns.findIndex((column) => column.title === "Tier");
  return makeTable({ caption, columns, rows: paths.count, empty: "Nobody, as far as was seen", sort: [Math.max(tier, 0), true] });
}

// The maximum number of cells in the matrix of groups and accounts. A reader cannot follow more.
const MOST_CELLS = 2000;

// Makes that matrix, with the highest tier in each cell. `cells` are the assignments by group (-1: directly) and account.
function crossTable(cells, isUncertain) {
  const columns = [...new Set([...cells.values()].flatMap((row) => [...row.keys()]))].sort((a, b) => rank("account", a) - rank("account", b));
  const order = (group) => (group < 0 ? -1 : rank("group", group));
  const rows = [...cells.keys()].sort((a, b) => order(a) - order(b));
  if (rows.length * columns.length > MOST_CELLS) {
    return h("p", { class: "quiet" }, `${counted(rows.length, "group", "groups")} and ${counted(columns.length, "account", "accounts")} are too many for one table: choose less, at most ${grouped(MOST_CELLS)} cells.`);
  }
  const cell = (given) => {
    if (!given) return h("td", {}, isUncertain ? "not seen" : "–");
    const names = [...new Set(given.map((row) => name("set", assignments.set[row])))].sort().join(", ");
    return h("td", { title: names }, tierBadge(Math.min(...given.map(tierOf))));
  };
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of groups and accounts" }, h("table", { class: "cross" },
    h("caption", {}, `The highest tier that each group gives in each account${isUncertain ? "; what was not seen may give more" : ""}.`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Group"), columns.map((account) => h("th", { scope: "col" }, link("account", account))))),
    h("tbody", {}, rows.map((group) => h("tr", {}, h("th", { scope: "row" }, group < 0 ? "directly" : link("group", group)), columns.map((account) => cell(cells.get(group).get(account))))))));
}

const access = (() => {
  const chosen = {};
  let rows = { assignments: new Int32Array(0), members: new Int32Array(0) };
  const at = (row) => [rows.assignments[row], rows.members[row]];
  const uncertain = data.gaps.length > 0;
  const table = makeTable({ caption: "Every path of access", columns: pathColumns(at, []), rows: 0, empty: "No path of access was seen that fits", sort: [0, true] });
  const cross = h("details", { class: "crossing", on: { toggle: () => drawCross() } }, h("summary", {}, "Groups by accounts"), h("div", {}));
  const selects = {};
  const summary = h("p", { class: "summary", role: "status" });

  function facet(key, title, options) {
    const select = h("select", { id: `facet-${key}`, on: { change: () => choose(key, select.value) } },
      h("option", { value: "" }, "any"), options.map(([value, words]) => h("option", { value }, words)));
    selects[key] = select;
    return h("div", {}, h("label", { for: `facet-${key}` }, title), select);
  }

  const byName = (list) => list.sort((a, b) => (a[1] < b[1] ? -1 : 1));
  const text = h("input", { id: "facet-text", type: "search", autocomplete: "off", spellcheck: "false", on: { input: () => choose("text", text.value, true) } });
  selects.text = text;
  const tiersUsed = TIERS.filter((_, tier) => sets.some((set) => set[3] === tier));
  const facets = h("div", { class: "facets", role: "group", "aria-label": "Which paths" },
    h("div", {}, h("label", { for: "facet-text" }, "Name contains"), text),
    facet("ou", "OU", byName(ous.map((ou, place) => [ou[0], ouName(place)])).concat([["none", "not known"]])),
    facet("tier", "Tier", tiersUsed.map((tier) => [tier, tier])),
    facet("set", "Permission set", byName(sets.map((set, place) => [set[0], name("set", place)]))),
    facet("via", "Through", [["direct", "directly"], ["group", "a group"]]),
    facet("since", "Since", [["baseline", "the baseline"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"]].slice(data.baseline ? 0 : 1)),
    data.production ? facet("production", "Production", [["1", "only"]]) : null,
    h("button", { type: "button", on: { click: () => (location.hash = "#table") } }, "Clear"));

  // Returns the first time at which a path counts as new.
  function after(since) {
    const limit = since === "baseline" ? data.baseline : new Date(Date.parse(data.at) - Number(since) * 864e5).toISOString();
    const found = times.findIndex((time) => time > limit);
    return found < 0 ? times.length : found;
  }

  function choose(key, value, isTyping) {
    const next = { ...chosen, [key]: value };
    const query = FACETS.filter((one) => next[one]).map((one) => `${one}=${encodeURIComponent(next[one])}`).join("&");
    const hash = `#table${query ? `?${query}` : ""}`;
    if (isTyping) {
      // Typing does not add steps for the Back button.
      window.history.replaceState(null, "", hash);
      show(new URLSearchParams(query));
    } else location.hash = hash;
  }

  function find() {
    const ou = chosen.ou && chosen.ou !== "none" ? ous.findIndex((one) => one[0] === chosen.ou) : null;
    const tier = chosen.tier ? TIERS.indexOf(chosen.tier) : -1;
    const set = chosen.set ? sets.findIndex((one) => one[0] === chosen.set) : null;
    const words = (chosen.text || "").trim().toLowerCase();
    const matching = (kind) => KINDS[kind].list.map((_, place) => searchText(kind, place).includes(words));
    const match = words && { person: matching("person"), group: matching("group"), account: matching("account"), set: matching("set") };
    const first = chosen.since ? after(chosen.since) : 0;
    const keeps = (row) => {
      const account = assignments.account[row];
      return (ou === null || ouOf(account) === ou) && (chosen.ou !== "none" || ouOf(account) === null)
        && (tier < 0 || tierOf(row) === tier) && (set === null || assignments.set[row] === set)
        && (!chosen.via || isGroups(row) === (chosen.via === "group")) && (!chosen.production || accounts[account][5] === 1);
    };
    const isSimple = !match && !first;
    const whole = { assignments: [], members: [] };
    const seen = new Uint8Array(people.length), reached = new Uint8Array(accounts.length);
    let count = 0;
    for (let row = 0; row < assignments.account.length; row++) {
      if (!keeps(row)) continue;
      const account = assignments.account[row];
      const fits = match && (match.account[account] || match.set[assignments.set[row]] || (isGroups(row) && match.group[assignments.principal[row]]));
      if (isSimple && count >= LISTED) {
        count += reachOf(row);
        reached[account] = 1;
        continue;
      }
      pathsOfAssignment(row, (assignment, member) => {
        const person = personOf(assignment, member);
        if (match && !fits && !match.person[person]) return;
        if (first && sinceOf(assignment, member)[0] < first) return;
        count++;
        seen[person] = reached[account] = 1;
        if (whole.assignments.length < LISTED) {
          whole.assignments.push(assignment);
          whole.members.push(member);
        }
      });
    }
    rows = whole;
    return { count, people: seen.reduce((sum, one) => sum + one, 0), accounts: reached.reduce((sum, one) => sum + one, 0) };
  }

  function drawCross() {
    const cells = new Map();
    if (cross.open) {
      rows.assignments.forEach((assignment) => {
        const group = isGroups(assignment) ? assignments.principal[assignment] : -1;
        const account = assignments.account[assignment];
        if (!cells.has(group)) cells.set(group, new Map());
        const row = cells.get(group);
        if (!row.has(account)) row.set(account, []);
        const given = row.get(account);
        if (given[given.length - 1] !== assignment) given.push(assignment);
      });
    }
    cross.lastChild.replaceChildren(...(cross.open ? [crossTable(cells, uncertain)] : []));
  }

  function describe() {
    const words = FACETS.filter((one) => chosen[one]).map((one) => {
      const select = selects[one];
      const value = one === "text" ? `“${chosen.text}”` : (select.selectedOptions[0] || {}).textContent;
      return `${{ text: "name contains", since: "since", via: "through" }[one] || one} ${value}`;
    });
    return words.length ? words.join(", ") : "all";
  }

  function show(query) {
    for (const key of FACETS) {
      chosen[key] = query.get(key) || "";
      if (selects[key] && selects[key].value !== chosen[key]) selects[key].value = chosen[key];
    }
    const found = find();
    const listed = rows.assignments.length;
    const more = found.count > listed ? ` Listed are the first ${grouped(listed)}: choose less to see all.` : "";
    const whom = found.count > LISTED ? "" : ` of ${counted(found.people, "person", "people")} in ${counted(found.accounts, "account", "accounts")}`;
    summary.textContent = `${known(uncertain, found.count, "path", "paths")}${whom}: ${describe()}.${more}`;
    table.replace(listed, summary.textContent);
    cross.hidden = listed === 0 || listed < found.count;
    drawCross();
  }

  const place = document.getElementById("access");
  place.append(facets, summary, cross, table.element);
  return { show, table };
})();
