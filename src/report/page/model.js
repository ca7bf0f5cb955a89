// The relations of the page, and the joins over them. A path of access is an assignment and, for an assignment to a
// group, a membership: two numbers, never a stored row.

const data = JSON.parse(document.getElementById("relations").textContent);
const { people, groups, accounts, sets, ous, times, members, assignments } = data;
const TIERS = data.tiers.map((tier) => tier[0]);
const THERE = 0, NOT_SEEN = 2;
const KINDS = {
  person: { list: people, noun: "person", plural: "people", standing: 5 },
  group: { list: groups, noun: "group", plural: "groups", standing: 2 },
  account: { list: accounts, noun: "account", plural: "accounts", standing: 2 },
  set: { list: sets, noun: "permission set", plural: "permission sets", standing: 2 },
};

// Groups rows by a column of places: `of(place)` returns the rows.
function index(column, size, keep) {
  const start = new Int32Array(size + 2);
  for (let row = 0; row < column.length; row++) if (!keep || keep(row)) start[column[row] + 2]++;
  for (let place = 2; place < start.length; place++) start[place] += start[place - 1];
  const rows = new Int32Array(start[size + 1]);
  for (let row = 0; row < column.length; row++) if (!keep || keep(row)) rows[start[column[row] + 1]++] = row;
  return (place) => rows.subarray(start[place], start[place + 1]);
}

const isGroups = (row) => assignments.group[row] === 1;
const membersOf = index(members.group, groups.length);
const membershipsOf = index(members.person, people.length);
const ofGroup = index(assignments.principal, Math.max(groups.length, people.length), isGroups);
const ofPerson = index(assignments.principal, Math.max(groups.length, people.length), (row) => !isGroups(row));
const ofAccount = index(assignments.account, accounts.length);
const ofSet = index(assignments.set, sets.length);

const exists = (person) => people[person][5] === THERE;
const id = (kind, place) => KINDS[kind].list[place][0];
const name = (kind, place) => KINDS[kind].list[place][1] || (kind === "person" && people[place][2]) || id(kind, place);
const standing = (kind, place) => KINDS[kind].list[place][KINDS[kind].standing];
const tierOf = (assignment) => sets[assignments.set[assignment]][3];
const ouOf = (account) => accounts[account][3];
const ouName = (ou) => (ou === null || ou === undefined ? "not known" : ous[ou][1] || ous[ou][0]);

// Names that several things of a kind share. Such things are shown with their ids.
const twins = {};
function isTwin(kind, place) {
  if (!twins[kind]) {
    const seen = new Map();
    KINDS[kind].list.forEach((_, one) => seen.set(name(kind, one), (seen.get(name(kind, one)) || 0) + 1));
    twins[kind] = seen;
  }
  return twins[kind].get(name(kind, place)) > 1;
}

// The rank of each thing in the order of names.
const orders = {};
function rank(kind, place) {
  if (!orders[kind]) {
    const lower = KINDS[kind].list.map((_, one) => name(kind, one).toLowerCase());
    const order = Int32Array.from(lower.keys()).sort((a, b) => (lower[a] < lower[b] ? -1 : lower[a] > lower[b] ? 1 : a - b));
    orders[kind] = new Int32Array(order.length);
    order.forEach((one, at) => (orders[kind][one] = at));
  }
  return orders[kind][place];
}

// The beginning of a row: the time at which it was first seen, and the last one before at which it did not exist. -1
// means before the first snapshot.
const beginning = (table, row) => {
  const before = table.before[row];
  return [table.since[row], before === undefined ? table.since[row] - 1 : before];
};

function sinceOf(assignment, member) {
  const [first, before] = beginning(assignments, assignment);
  if (member < 0) return [first, before];
  const [firstMember, beforeMember] = beginning(members, member);
  return [Math.max(first, firstMember), Math.max(before, beforeMember)];
}

const date = (time) => times[time].slice(0, 10);

function sinceWords([first, before]) {
  if (before < 0) return `since before ${date(first)}`;
  if (before < first - 1 && date(before) !== date(first)) return `since ${date(before)} to ${date(first)}`;
  return `since ${date(first)}`;
}

// Calls `each` for every path of a person, with an assignment and a membership; -1 means no membership.
function pathsOfPerson(person, each) {
  if (!exists(person)) return;
  for (const one of ofPerson(person)) each(one, -1);
  for (const member of membershipsOf(person)) for (const one of ofGroup(members.group[member])) each(one, member);
}

// Calls `each` for every path of an assignment.
function pathsOfAssignment(assignment, each) {
  const principal = assignments.principal[assignment];
  if (!isGroups(assignment)) {
    if (exists(principal)) each(assignment, -1);
    return;
  }
  for (const member of membersOf(principal)) if (exists(members.person[member])) each(assignment, member);
}

const personOf = (assignment, member) => (member < 0 ? assignments.principal[assignment] : members.person[member]);

// Returns the number of people whom an assignment gives access.
const reachOf = (() => {
  const sizes = groups.map((_, group) => membersOf(group).filter((member) => exists(members.person[member])).length);
  return (row) => (isGroups(row) ? sizes[assignments.principal[row]] : +exists(assignments.principal[row]));
})();

// The gaps: the part of a path of access that each hides, and the only things concerned. `group` is the place of a group
// with unseen members.
const gaps = data.gaps.map(([part, of]) => ({ part, of, group: part === "Membership" && of.group !== undefined ? groups.findIndex((one) => one[0] === of.group) : -1 }));

// Decides whether a gap may hide rows about a thing. A gap of another account, group or set hides none.
function mayMiss(kind, place, parts) {
  return gaps.some(({ part, of, group }) => {
    if (parts && !parts.includes(part)) return false;
    if (of[kind] !== undefined && of[kind] !== id(kind, place)) return false;
    // An unseen assignment to a person concerns no group. One to a group may concern any person, as its member.
    if (kind === "group") return part !== "Assignment" || of.person === undefined;
    // Unseen members of a group matter only where the group is assigned.
    return kind === "person" || group < 0 || ofGroup(group).some((row) => assignments[kind][row] === place);
  });
}

// Parts of a path of access, by their names in gaps.
const MEMBERS = ["User", "Group", "Membership"], ASSIGNED = ["Assignment"];

const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const counted = (number, one, many) => `${grouped(number)} ${number === 1 ? one : many}`;
const atLeast = (isUncertain, words) => (isUncertain ? `≥ ${words}` : words);

// Returns a count as far as it is known. Nothing of a part that was never collected is not none. `parts` are those that
// the count depends on.
function known(isUncertain, number, one, many, parts) {
  const isNotCollected = isUncertain && number === 0 && data.notCollected.some((part) => !parts || parts.includes(part));
  return isNotCollected ? `${many} (not collected)` : atLeast(isUncertain, counted(number, one, many));
}
