// Pages of one person, account, group or permission set.

const distinct = (all) => new Set(all).size;
const through = (member) => (member < 0 ? "directly" : ["group ", link("group", members.group[member])]);

// Beginnings and ends since the baseline, newest first.
function history(events) {
  if (!data.baseline) return section("History", h("p", {}, "There is no earlier snapshot to compare with."));
  events.sort((a, b) => b[0] - a[0]);
  const shown = events.slice(0, 200).map(([time, sign, ...words]) => [
    h("span", { class: "sign", "aria-hidden": "true" }, sign), h("time", { datetime: times[time] }, date(time)), " ", words.flat()]);
  const more = events.length > shown.length ? h("p", {}, `The newest ${shown.length} of ${grouped(events.length)}.`) : null;
  return section(`History since ${data.baseline.slice(0, 10)}`, listOf(shown, "Nothing was seen to begin or end."), more,
    h("p", { class: "quiet" }, "The whole life of it: ", h("code", {}, "orgcensus history NAME")));
}

const isNew = (since) => data.baseline && times[since] > data.baseline;

function memberEvents(keep, words) {
  const events = [];
  members.group.forEach((group, row) => {
    if (isNew(members.since[row]) && keep(group, members.person[row])) events.push([members.since[row], "+", words(group, members.person[row], "joined")]);
  });
  for (const [group, person, , gone] of data.goneMembers) if (keep(group, person)) events.push([gone, "−", words(group, person, "left")]);
  return events;
}

function assignmentEvents(keep, words) {
  const events = [];
  const told = (account, set, isGroup, principal, done) => words({ account, set, kind: isGroup ? "group" : "person", principal }, done);
  for (let row = 0; row < assignments.account.length; row++) {
    const one = [assignments.account[row], assignments.set[row], assignments.group[row], assignments.principal[row]];
    if (isNew(assignments.since[row]) && keep(...one)) events.push([assignments.since[row], "+", told(...one, "assigned")]);
  }
  for (const [account, set, isGroup, principal, , gone] of data.goneAssignments) {
    if (keep(account, set, isGroup, principal)) events.push([gone, "−", told(account, set, isGroup, principal, "revoked")]);
  }
  return events;
}

const assigned = ({ account, set, kind, principal }, done) =>
  [link("set", set), ` ${done} to ${kind} `, link(kind, principal), " in ", link("account", account)];

// Counts the different things with each tier. `walk` calls with an assignment and a thing.
function byTier(walk) {
  const found = TIERS.map(() => new Set());
  walk((assignment, thing) => found[tierOf(assignment)].add(thing));
  return found.map((some, tier) => [tier, some.size]).filter(([, count]) => count);
}

function tierList(tiers, isUncertain, one, many) {
  return h("ul", { class: "tiers" }, tiers.map(([tier, count]) => h("li", {}, tierBadge(tier), " ", atLeast(isUncertain, counted(count, one, many)))));
}

function uncertainty(kind, place) {
  const uncertain = mayMiss(kind, place);
  const note = uncertain ? h("p", { class: "uncertain" }, `Not all was seen that concerns this ${KINDS[kind].noun}: a number with ≥ may be higher, and a list may lack rows. `,
    h("a", { href: "#completeness" }, "What was not seen")) : null;
  return [uncertain, note];
}

function personPage(person) {
  const [userId, , display, email, disabled] = people[person];
  const paths = collectPaths((each) => pathsOfPerson(person, each));
  const all = Array.from({ length: paths.count }, (_, row) => paths.at(row));
  const [uncertain, note] = uncertainty("person", person);
  const own = Array.from(membershipsOf(person));
  const reached = distinct(all.map(([one]) => assignments.account[one]));
  const powers = all.filter(([one]) => tierOf(one) === 0);
  const tiers = byTier((each) => all.forEach(([one]) => each(one, assignments.account[one])));
  const direct = all.filter(([, member]) => member < 0);
  const twinsOf = people.filter((one, place) => place !== person && email && one[3] === email);
  const risks = [
    powers.length && ["Administrator in ", h("strong", {}, atLeast(uncertain, counted(distinct(powers.map(([one]) => assignments.account[one])), "account", "accounts"))), ": can grant itself anything there."],
    direct.length && `${counted(direct.length, "permission set is", "permission sets are")} assigned directly, not through a group.`,
    disabled && all.length && "Disabled, and has access all the same: it is back as soon as the user is enabled.",
    twinsOf.length && ["Has the e-mail address of another user: ", twinsOf.slice(0, 5).map((one) => [" ", link("person", people.indexOf(one))]).flat()],
    all.some(([one]) => TIERS[tierOf(one)] === "unknown") && "Has permission sets of which a policy was not read: these may give anything.",
  ].filter(Boolean);
  const gives = (member) => ofGroup(members.group[member]);
  const given = (member) => {
    const [group, rows] = [members.group[member], [...gives(member)]];
    const isUncertain = mayMiss("group", group, ASSIGNED);
    return `${known(isUncertain, distinct(rows.map((one) => assignments.set[one])), "permission set", "permission sets", ASSIGNED)} in ${counted(distinct(rows.map((one) => assignments.account[one])), "account", "accounts")}`;
  };
  const groupTable = makeTable({ caption: `Groups of ${name("person", person)}`, rows: own.length, empty: "No group, as far as was seen", sort: [0, true], columns: [
    { title: "Group", head: true, cell: (row) => link("group", members.group[own[row]]), key: (row) => rank("group", members.group[own[row]]) },
    { title: "Gives", cell: (row) => given(own[row]), key: (row) => gives(own[row]).length },
    { title: "Highest tier", cell: (row) => (gives(own[row]).length ? tierBadge(Math.min(...[...gives(own[row])].map(tierOf))) : "–"), key: (row) => Math.min(99, ...[...gives(own[row])].map(tierOf)) },
    { title: "Since", cell: (row) => sinceCell(beginning(members, own[row])), key: (row) => members.since[own[row]] },
  ] });
  const what = all.length
    ? ["Reaches ", h("strong", {}, known(uncertain, reached, "account", "accounts")), ` with ${counted(distinct(all.map(([one]) => assignments.set[one])), "permission set", "permission sets")}, through ${counted(distinct(all.filter(([, member]) => member >= 0).map(([, member]) => members.group[member])), "group", "groups")}${direct.length ? " and directly" : ""}.`]
    : ["Reaches ", uncertain ? h("strong", {}, known(uncertain, 0, "account", "accounts")) : "no account", "."];
  return [
    h("p", { class: "lead" }, what), note,
    tierList(tiers, uncertain, "account", "accounts"),
    risks.length ? section("What stands out", listOf(risks)) : null,
    section("Groups", showing(groupTable)),
    section("What they reach, and through what", showing(pathTable(`What ${name("person", person)} reaches`, paths, ["person"]))),
    history([
      ...memberEvents((_, one) => one === person, (group, _, done) => [`${done} group `, link("group", group)]),
      ...assignmentEvents((_, __, isGroup, principal) => !isGroup && principal === person, assigned)]),
    section("Details", facts([["Full name", display && bdi(display)], ["E-mail", email && bdi(email)], ["Status", disabled ? "disabled" : "enabled"], ["User id", h("code", {}, userId)]])),
  ];
}

function assignmentTable(caption, rows, without, empty) {
  const principalKind = (row) => (isGroups(rows[row]) ? "group" : "person");
  const nameOf = (row) => name(isGroups(row) ? "group" : "person", assignments.principal[row]).toLowerCase();
  const all = {
    who: { title: "Assigned to", head: true, cell: (row) => [isGroups(rows[row]) ? "group " : "person ", link(principalKind(row), assignments.principal[rows[row]])], key: (row) => nameOf(rows[row]) },
    set: { title: "Permission set", cell: (row) => link("set", assignments.set[rows[row]]), key: (row) => rank("set", assignments.set[rows[row]]) },
    account: { title: "Account", cell: (row) => link("account", assignments.account[rows[row]]), key: (row) => rank("account", assignments.account[rows[row]]) },
    ou: { title: "OU", cell: (row) => ouWords(ouOf(assignments.account[rows[row]])), key: (row) => ouName(ouOf(assignments.account[rows[row]])) },
    tier: { title: "Tier", cell: (row) => tierBadge(tierOf(rows[row])), key: (row) => tierOf(rows[row]) },
    people: { title: "People", count: true, cell: (row) => reachWords(rows[row]), key: (row) => reachOf(rows[row]) },
    since: { title: "Since", cell: (row) => sinceCell(beginning(assignments, rows[row])), key: (row) => assignments.since[rows[row]] },
  };
  const columns = Object.keys(all).filter((column) => !without.includes(column)).map((column) => all[column]);
  columns[0] = { ...columns[0], head: true };
  // The table is sorted by tier. Rows of one tier stay sorted by name.
  const names = new Map(rows.map((row) => [row, nameOf(row)]));
  rows.sort((a, b) => (names.get(a) < names.get(b) ? -1 : names.get(a) > names.get(b) ? 1 : rank("account", assignments.account[a]) - rank("account", assignments.account[b])));
  const first = Math.max(columns.indexOf(all.tier), 0);
  return makeTable({ caption, columns, rows: rows.length, empty: empty || "Nothing is assigned, as far as was seen", sort: [first, true] });
}

// Returns the number of people that an assignment reaches, as far as it is known.
function reachWords(row) {
  const isUncertain = isGroups(row) && mayMiss("group", assignments.principal[row], MEMBERS);
  const number = reachOf(row);
  return isUncertain && number === 0 && data.notCollected.some((part) => MEMBERS.includes(part)) ? "not collected" : atLeast(isUncertain, grouped(number));
}

// Returns the paths and people of an account or a permission set, which their pages share.
function reachedBy(kind, place, rows) {
  const walk = (each) => rows.forEach((row) => pathsOfAssignment(row, each));
  const paths = collectPaths(walk);
  const [uncertain, note] = uncertainty(kind, place);
  const tiers = byTier((each) => walk((assignment, member) => each(assignment, personOf(assignment, member))));
  const count = distinct(Array.from({ length: paths.count }, (_, row) => personOf(...paths.at(row))));
  return { paths, uncertain, note, count, tiers, who: h("strong", {}, known(uncertain, count, "person", "people")) };
}

function accountPage(account) {
  const [accountId, , , ou, state, production, management] = accounts[account];
  const rows = Array.from(ofAccount(account));
  const { paths, uncertain, note, count, tiers, who } = reachedBy("account", account, rows);
  return [
    h("p", { class: "lead" }, who, count === 1 ? " reaches" : " reach", " this account",
      production ? ", which is production" : "", management ? ", which manages the organization" : "", "."), note,
    tierList(tiers, uncertain, "person", "people"),
    section("What is assigned here", showing(assignmentTable(`Assignments in ${name("account", account)}`, rows, ["account", "ou"]))),
    section("Who reaches it, and through what", showing(pathTable(`Who reaches ${name("account", account)}`, paths, ["account", "ou"]))),
    history(assignmentEvents((one) => one === account, assigned)),
    section("Details", facts([["OU", ouWords(ou)], ["State", state ? state.toLowerCase() : "not known"], ["Account id", h("code", {}, accountId)]])),
  ];
}

function groupPage(group) {
  const rows = Array.from(ofGroup(group)), own = Array.from(membersOf(group));
  const [, note] = uncertainty("group", group);
  const missesMembers = mayMiss("group", group, MEMBERS);
  const missesAssignments = mayMiss("group", group, ASSIGNED);
  const number = own.filter((row) => exists(members.person[row])).length;
  const count = (column, one, many) => known(missesAssignments, distinct(rows.map((row) => column[row])), one, many, ASSIGNED);
  const memberTable = makeTable({ caption: `Members of ${name("group", group)}`, rows: own.length, empty: missesMembers ? "Members were not seen" : "No member", sort: [0, true], columns: [
    { title: "Person", head: true, cell: (row) => link("person", members.person[own[row]]), key: (row) => rank("person", members.person[own[row]]) },
    { title: "Full name", cell: (row) => bdi(people[members.person[own[row]]][2] || "–"), key: (row) => people[members.person[own[row]]][2] || "" },
    { title: "Since", cell: (row) => sinceCell(beginning(members, own[row])), key: (row) => members.since[own[row]] },
  ] });
  const tiers = byTier((each) => rows.forEach((row) => each(row, assignments.account[row])));
  return [
    h("p", { class: "lead" }, h("strong", {}, known(missesMembers, number, "member", "members", MEMBERS)), number === 1 ? " reaches " : " reach ",
      h("strong", {}, count(assignments.account, "account", "accounts")), ` with ${count(assignments.set, "permission set", "permission sets")}. Who joins gets all of it.`), note,
    tierList(tiers, missesAssignments, "account", "accounts"),
    section("What it gives", showing(assignmentTable(`What ${name("group", group)} gives`, rows, ["who", "people"]))),
    section("Members", showing(memberTable)),
    history([
      ...memberEvents((one) => one === group, (_, person, done) => [link("person", person), ` ${done}`]),
      ...assignmentEvents((_, __, isGroup, principal) => isGroup && principal === group, assigned)]),
    section("Details", facts([["Group id", h("code", {}, groups[group][0])]])),
  ];
}

function setPage(set) {
  const [arn, , , tier, session, reasons, policies] = sets[set];
  const rows = Array.from(ofSet(set));
  const { paths, note, count, who } = reachedBy("set", set, rows);
  const where = known(mayMiss("set", set, ASSIGNED), distinct(rows.map((row) => assignments.account[row])), "account", "accounts", ASSIGNED);
  return [
    h("p", { class: "lead" }, who, count === 1 ? " has" : " have", " it, in ", h("strong", {}, where), "."), note,
    h("p", {}, tierBadge(tier), ` ${data.tiers[tier][1]}.`),
    reasons.length ? section("Why it is an administrator’s", listOf(reasons.slice(0, 10).map(bdi)),
      reasons.length > 10 ? h("p", {}, `And ${reasons.length - 10} more.`) : null) : null,
    section("Where it is assigned", showing(assignmentTable(`Assignments of ${name("set", set)}`, rows, ["set", "tier"]))),
    section("Who has it, and through what", showing(pathTable(`Who has ${name("set", set)}`, paths, ["set", "tier"]))),
    history(assignmentEvents((_, one) => one === set, assigned)),
    section("Details", facts([
      ["Policies", data.masked ? "not shown where names are pseudonyms" : listOf(policies.map(([kind, policy]) => [`${kind.replace(/_/g, " ")}: `, bdi(policy)]), "none was seen")],
      ["Session", session], ["ARN", h("code", {}, arn)]])),
  ];
}

// Assignments of users and groups that were deleted.
function orphanPage() {
  const isGone = (row) => standing(isGroups(row) ? "group" : "person", assignments.principal[row]) === 1;
  const rows = Array.from(assignments.account.keys()).filter(isGone);
  return [
    h("p", { class: "lead" }, `${counted(rows.length, "assignment belongs", "assignments belong")} to users and groups that were deleted. They reach nobody, and say what is still to be cleaned up.`),
    section("Which", showing(assignmentTable("Assignments of deleted users and groups", rows, ["people"], "None was seen"))),
  ];
}
