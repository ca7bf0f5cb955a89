// The counts of a page equal those of SQL, and unseen data never counts as none.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CENSUS, UNCOLLECTED, go, launch, number, open, orgcensus, query, report, url, value } from "./support.mjs";

let browser, page, context;
const seed = Date.now();

before(async () => {
  browser = await launch();
  ({ page, context } = await open(browser, url(report("numbers.html", CENSUS, "--production", "/Workloads/Prod"))));
  console.log(`random entities by seed ${seed}`);
});
after(async () => {
  await context?.close();
  await browser?.close();
});

// Five items of a list, chosen anew in each run.
function five(all) {
  let state = seed % 2147483647;
  const next = () => (state = (state * 48271) % 2147483647);
  return all.map((one) => [next(), one]).sort((a, b) => a[0] - b[0]).slice(0, 5).map(([, one]) => one);
}

const lead = () => page.locator("#entity .lead").textContent();
const strong = async () => (await page.locator("#entity .lead strong").allTextContents()).map(number);
const rows = async (caption) => number(await page.locator(`#entity .table:has(caption:text-is("${caption}")) > p`).textContent());

test("five people", async () => {
  for (const { user_id: id, user_name: name } of five(query(CENSUS, "SELECT user_id, user_name FROM users WHERE user_id IN (SELECT user_id FROM effective_access) ORDER BY user_id"))) {
    await go(page, `#person/${encodeURIComponent(id)}`);
    const [counts] = query(CENSUS, `SELECT count(DISTINCT account_id) AS accounts, count(*) AS paths FROM effective_access WHERE user_id = '${id}'`);
    assert.deepEqual(await strong(), [counts.accounts], `${name}: ${await lead()}`);
    assert.equal(await rows(`What ${name} reaches`), counts.paths, name);
    const groups = value(CENSUS, `SELECT count(*) FROM group_memberships WHERE user_id = '${id}'`);
    if (groups) assert.equal(await rows(`Groups of ${name}`), groups, name);
  }
});

test("five accounts", async () => {
  for (const { account_id: id, name } of five(query(CENSUS, "SELECT account_id, name FROM accounts ORDER BY account_id"))) {
    await go(page, `#account/${encodeURIComponent(id)}`);
    const [counts] = query(CENSUS, `SELECT count(DISTINCT user_id) AS people, count(*) AS paths FROM effective_access WHERE account_id = '${id}'`);
    assert.deepEqual(await strong(), [counts.people], `${name}: ${await lead()}`);
    if (counts.paths) assert.equal(await rows(`Who reaches ${name}`), counts.paths, name);
  }
});

test("five groups", async () => {
  for (const { group_id: id, display_name: name } of five(query(CENSUS, "SELECT group_id, display_name FROM groups ORDER BY group_id"))) {
    await go(page, `#group/${encodeURIComponent(id)}`);
    const members = value(CENSUS, `SELECT count(*) FROM group_memberships JOIN users USING (user_id) WHERE group_id = '${id}'`);
    const accounts = value(CENSUS, `SELECT count(DISTINCT account_id) FROM account_assignments WHERE principal_id = '${id}'`);
    assert.deepEqual(await strong(), [members, accounts], `${name}: ${await lead()}`);
  }
});

test("five permission sets", async () => {
  for (const { permission_set_arn: arn, name } of five(query(CENSUS, "SELECT permission_set_arn, name FROM permission_sets ORDER BY permission_set_arn"))) {
    await go(page, `#set/${encodeURIComponent(arn)}`);
    const people = value(CENSUS, `SELECT count(DISTINCT user_id) FROM effective_access WHERE permission_set_arn = '${arn}'`);
    const accounts = value(CENSUS, `SELECT count(DISTINCT account_id) FROM account_assignments WHERE permission_set_arn = '${arn}'`);
    assert.deepEqual(await strong(), [people, accounts], `${name}: ${await lead()}`);
  }
});

test("the first screen is what canned queries say", async () => {
  await go(page, "#");
  const sentences = (await page.locator(".sentences .number").allTextContents()).slice(0, 4).map(number);
  const administrators = query(CENSUS, "privileged-access", "--ou", "/Workloads/Prod");
  const direct = query(CENSUS, "direct-users");
  const orphans = query(CENSUS, "orphan-assignments").filter((row) => row.reason === "principal_deleted");
  assert.deepEqual(sentences, [
    value(CENSUS, "SELECT count(DISTINCT user_id) FROM effective_access"),
    new Set(administrators.map((row) => row.user_id)).size,
    direct.reduce((sum, row) => sum + row.assignments, 0),
    orphans.length,
  ]);
  assert.match(await page.locator(".sentences li").last().textContent(), /^≥ [0-9,]+ roles? unused for 90 days/);
});

test("a number leads to its rows", async () => {
  const paths = value(CENSUS, "SELECT count(*) FROM effective_access");
  await go(page, "#table");
  assert.equal(number(await page.locator("#access .summary").textContent()), paths);
  await go(page, "#table?via=direct");
  assert.equal(number(await page.locator("#access .summary").textContent()), value(CENSUS, "SELECT count(*) FROM effective_access WHERE via = 'direct'"));
  await go(page, "#");
  const cells = await page.locator(".matrix td a").evaluateAll((links) => links.map((link) => [link.getAttribute("href"), link.textContent]));
  assert.ok(cells.length > 5);
  for (const [href, text] of five(cells)) {
    await go(page, href);
    const [, people] = /of ([\d,]+) (?:people|person) in/.exec(await page.locator("#access .summary").textContent());
    assert.equal(number(people), number(text), href);
  }
});

test("changes by cause are those of diff", async () => {
  const file = report("changes.html", CENSUS, "--since", "80");
  const { page: changed, context: other } = await open(browser, url(file), { javaScriptEnabled: false });
  const told = JSON.parse(orgcensus("--db", CENSUS, "diff", "80", "90", "--format", "json")).access_by_cause;
  const words = await changed.locator(".changes > li > bdi").allTextContents();
  assert.deepEqual(words, told.map((one) => one.summary));
  await other.close();
});

test("a gap is told, and its numbers are at least", async () => {
  // The members of one group were denied in the night of snapshot 41.
  const file = report("gap.html", CENSUS, "--at", "41", "--since", "30");
  const { page: partial, context: other } = await open(browser, url(file));
  const strip = await partial.locator(".strip").textContent();
  assert.match(strip, /INCOMPLETE/);
  assert.match(strip, /group_memberships/);
  assert.doesNotMatch(strip, /✓ Complete/);
  for (const text of (await partial.locator(".sentences .number").allTextContents()).slice(0, 4)) assert.match(text, /^≥ /);
  assert.match(await partial.locator(".sentences li").nth(1).textContent(), /not known: not all was seen/);
  const [gap] = query(CENSUS, "SELECT json_extract(scope, '$.group_id') AS group_id FROM gaps WHERE snapshot_id = 41 AND resource = 'group_memberships'");
  await go(partial, `#group/${encodeURIComponent(gap.group_id)}`);
  assert.match(await partial.locator("#entity .lead strong").first().textContent(), /^≥ /);
  // The members of another group were all seen.
  const { group_id: other_group } = query(CENSUS, `SELECT group_id FROM groups WHERE group_id <> '${gap.group_id}' AND group_id IN (SELECT group_id FROM group_memberships) ORDER BY group_id LIMIT 1`, "--at", "41")[0];
  await go(partial, `#group/${encodeURIComponent(other_group)}`);
  assert.doesNotMatch(await partial.locator("#entity .lead strong").first().textContent(), /≥/);
  await other.close();
});

// Five of each kind, with the column of an assignment and the address of the page.
const KINDS = [
  ["person", "SELECT user_id AS id FROM users WHERE user_id IN (SELECT user_id FROM effective_access) ORDER BY user_id"],
  ["account", "SELECT account_id AS id FROM accounts ORDER BY account_id"],
  ["group", "SELECT group_id AS id FROM groups ORDER BY group_id"],
  ["set", "SELECT permission_set_arn AS id FROM permission_sets ORDER BY permission_set_arn"],
];

test("under a gap, numbers of five of each kind are at least, and exact where it hides nothing", async () => {
  const file = report("gap-entities.html", CENSUS, "--at", "41");
  const { page: partial, context: other } = await open(browser, url(file));
  const [{ hidden }] = query(CENSUS, "SELECT json_extract(scope, '$.group_id') AS hidden FROM gaps WHERE snapshot_id = 41 AND resource = 'group_memberships'");
  const ids = (column) => new Set(query(CENSUS, `SELECT DISTINCT ${column} AS id FROM account_assignments WHERE principal_id = '${hidden}'`, "--at", "41").map((row) => row.id));
  // Anyone may be in the group whose members were not seen. Accounts and sets are concerned where it is assigned.
  const concerned = { person: null, group: new Set([hidden]), account: ids("account_id"), set: ids("permission_set_arn") };
  let exact = 0;
  for (const [kind, sql] of KINDS) {
    const all = query(CENSUS, sql, "--at", "41").map((row) => row.id);
    const some = five(all);
    // Both sides are looked at, whatever the dice say.
    if (concerned[kind]) some.push([...concerned[kind]][0], all.find((id) => !concerned[kind].has(id)));
    for (const id of some.filter(Boolean)) {
      await go(partial, `#${kind}/${encodeURIComponent(id)}`);
      const first = await partial.locator("#entity .lead strong").first().textContent();
      const isConcerned = !concerned[kind] || concerned[kind].has(id);
      assert.equal(first.startsWith("≥ "), isConcerned, `${kind} ${id}: ${first}`);
      assert.equal(await partial.locator("#entity > .uncertain").count() > 0, isConcerned, `${kind} ${id}`);
      exact += isConcerned ? 0 : 1;
    }
  }
  assert.ok(exact >= 2);
  // The group's row in an account that it is assigned in is at least, too.
  await go(partial, `#account/${[...concerned.account][0]}`);
  const cells = await partial.locator("#entity table").first().locator("tbody tr").evaluateAll((all) => all.map((row) => [row.querySelector("a").getAttribute("href"), row.querySelector("td.count").textContent]));
  assert.ok(cells.some(([href, people]) => decodeURIComponent(href) === `#group/${hidden}` && people.startsWith("≥ ")), JSON.stringify(cells));
  await other.close();
});

test("what was not collected is never none, for five of each kind", async () => {
  const file = report("uncollected.html", UNCOLLECTED, "--since", "60d");
  const { page: empty, context: other } = await open(browser, url(file));
  const numbers = await empty.locator(".sentences .number").allTextContents();
  // The last one counts roles of IAM, which were read.
  assert.deepEqual(numbers.slice(0, 4), Array(4).fill("not collected"));
  assert.match(numbers[4], /^≥ \d+$/);
  for (const cell of await empty.locator(".matrix td:not(:nth-child(2))").allTextContents()) assert.equal(cell, "not collected");
  assert.match(await empty.locator("#access .summary").textContent(), /not collected/);
  for (const [kind, sql] of KINDS) {
    const all = query(UNCOLLECTED, sql.replace(/ WHERE user_id IN .*\)/, "")).map((row) => row.id);
    for (const id of five(all)) {
      await go(empty, `#${kind}/${encodeURIComponent(id)}`);
      const words = await empty.locator("#entity .lead").textContent();
      assert.match(words, /not collected/, `${kind} ${id}`);
      assert.doesNotMatch(words, /\b(0|no) (people|person|accounts?|permission sets?)/, `${kind} ${id}`);
    }
  }
  await other.close();
});

test("a narrowed page counts its accounts alone", async () => {
  const file = report("narrowed.html", CENSUS, "--ou", "/Workloads/Prod");
  const { page: narrowed, context: other } = await open(browser, url(file));
  const rows = query(CENSUS, "SELECT user_id, account_id FROM effective_access WHERE account_id IN (SELECT id FROM organization_tree WHERE type = 'account' AND (ou_path = 'Root/Workloads/Prod' OR ou_path LIKE 'Root/Workloads/Prod/%'))");
  assert.equal(number(await narrowed.locator(".sentences .number").first().textContent()), new Set(rows.map((row) => row.user_id)).size);
  await go(narrowed, "#table");
  assert.equal(number(await narrowed.locator("#access .summary").textContent()), rows.length);
  assert.match(await narrowed.locator(".narrowed").textContent(), /Only OU/);
  await other.close();
});
