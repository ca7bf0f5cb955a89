// The use of a page: search, choose, sort, turn pages, go back, use the keyboard alone, print.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AXE, CENSUS, folder, go, launch, number, open, orgcensus, query, report, sized, url, value } from "./support.mjs";

let browser, file;
before(async () => {
  browser = await launch();
  file = report("behaviour.html", CENSUS, "--production", "/Workloads/Prod");
});
after(() => browser?.close());

const one = (sql) => Object.values(query(CENSUS, sql)[0])[0];

test("search, and Back", async () => {
  const { page, context } = await open(browser, url(file));
  const name = one("SELECT user_name FROM users ORDER BY user_name LIMIT 1");
  await page.fill("#search", name);
  assert.match(await page.locator("#found li").first().textContent(), new RegExp(`person ${name}`));
  await page.locator("#found a").first().click();
  await page.waitForSelector("#page-heading");
  assert.match(page.url(), /#person\//);
  assert.ok((await page.title()).startsWith(name));
  await page.locator("#entity a[href^='#account/']").first().click();
  await page.waitForFunction(() => location.hash.startsWith("#account/"));
  await page.goBack();
  await page.waitForFunction(() => location.hash.startsWith("#person/"));
  assert.equal(await page.locator("#page-heading bdi").textContent(), name);
  await page.goBack();
  await page.waitForFunction(() => !document.getElementById("home").hidden);
  await page.fill("#search", "nobody has this name");
  assert.match(await page.locator("#found-count").textContent(), /Nothing has that/);
  await context.close();
});

test("a link to a page, and to one that is not there", async () => {
  const [account] = query(CENSUS, "SELECT account_id, name FROM accounts ORDER BY name LIMIT 1");
  const { page, context } = await open(browser, `${url(file)}#account/${account.account_id}`);
  assert.equal(await page.locator("#page-heading bdi").textContent(), account.name);
  await go(page, "#person/nobody");
  assert.equal(await page.locator("#page-heading").textContent(), "No such person");
  await context.close();
});

test("facets, sort and pages", async () => {
  const { page, context } = await open(browser, url(file));
  await go(page, "#table");
  const all = value(CENSUS, "SELECT count(*) FROM effective_access");
  const status = page.locator("#access .table > p");
  assert.match(await status.textContent(), new RegExp(`page 1 of ${Math.ceil(all / 100)}, by|page 1 of ${Math.ceil(all / 100)}`));
  assert.equal(await page.locator("#access tbody tr").count(), 100);
  await page.selectOption("#facet-via", "direct");
  await page.waitForFunction(() => location.hash === "#table?via=direct");
  const direct = value(CENSUS, "SELECT count(*) FROM effective_access WHERE via = 'direct'");
  assert.equal(number(await status.textContent()), direct);
  await page.selectOption("#facet-tier", "administrator");
  await page.goBack();
  await page.waitForFunction(() => location.hash === "#table?via=direct");
  assert.equal(await page.inputValue("#facet-tier"), "");
  await go(page, "#table");
  const column = (at) => page.locator(`#access tbody tr > :nth-child(${at})`).allTextContents();
  const accounts = page.getByRole("button", { name: "Account" });
  await accounts.click();
  const first = await column(4);
  assert.ok(first[0].startsWith("›"));
  assert.deepEqual(first, [...first].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : a.toLowerCase() > b.toLowerCase() ? 1 : 0)));
  assert.equal(await page.locator("#access th[aria-sort=ascending] button").textContent(), "Account");
  await accounts.click();
  assert.equal(await page.locator("#access th[aria-sort=descending] button").textContent(), "Account");
  assert.ok((await column(4))[0] >= first[first.length - 1]);
  await page.getByRole("button", { name: "Next" }).click();
  assert.match(await status.textContent(), /page 2 of/);
  await page.locator("#access select[id$=size]").selectOption("5000");
  assert.equal(await page.locator("#access tbody tr").count(), Math.min(5000, all));
  await page.fill("#facet-text", one("SELECT user_name FROM effective_access LIMIT 1"));
  assert.ok(number(await status.textContent()) < all);
  await context.close();
});

test("groups by accounts, of few enough", async () => {
  const { page, context } = await open(browser, url(file));
  const [{ arn }] = query(CENSUS, "SELECT permission_set_arn AS arn FROM effective_access GROUP BY 1 ORDER BY count(DISTINCT coalesce(group_id, '') || account_id) DESC LIMIT 1");
  await go(page, `#table?set=${encodeURIComponent(arn)}`);
  await page.locator(".crossing summary").click();
  await page.waitForSelector(".cross td .badge");
  const given = await page.locator(".cross td .badge").count();
  assert.equal(given, value(CENSUS, `SELECT count(DISTINCT coalesce(group_id, '') || account_id) FROM effective_access WHERE permission_set_arn = '${arn}'`));
  const groups = value(CENSUS, `SELECT count(DISTINCT coalesce(group_id, '')) FROM effective_access WHERE permission_set_arn = '${arn}'`);
  assert.equal(await page.locator(".cross tbody tr").count(), groups);
  // Another choice is another matrix.
  const [{ account }] = query(CENSUS, `SELECT account_name AS account FROM effective_access WHERE permission_set_arn = '${arn}' ORDER BY account_id LIMIT 1`);
  await go(page, `#table?set=${encodeURIComponent(arn)}&text=${encodeURIComponent(account)}`);
  assert.ok(await page.locator(".cross td .badge").count() <= given);
  assert.ok((await page.locator(".cross thead").textContent()).includes(account));
  await context.close();
});

test("the matrix is shaded by its numbers", async () => {
  const { page, context } = await open(browser, url(file));
  const shades = await page.locator(".matrix tbody td:not(:nth-child(2))").evaluateAll((cells) => cells.map((cell) => [Number(cell.textContent.replace(/\D/g, "")), getComputedStyle(cell).backgroundColor]));
  const [least] = shades.sort((a, b) => a[0] - b[0]), most = shades[shades.length - 1];
  assert.equal(least[1], "rgba(0, 0, 0, 0)", "none is not shaded");
  assert.notEqual(most[1], least[1]);
  await context.close();
});

test("a row says its path in words", async () => {
  const [path] = query(CENSUS, "SELECT user_name, group_name, permission_set_name, account_name, first_seen_at, not_before FROM effective_access WHERE via = 'group' AND not_before IS NOT NULL AND account_state = 'ACTIVE' AND user_status = 'ENABLED' ORDER BY first_seen_at DESC, user_name LIMIT 1");
  const { page, context } = await open(browser, url(file));
  await go(page, `#table?text=${encodeURIComponent(path.user_name)}`);
  const size = page.locator("#access select[id$=size]");
  if (await size.isVisible()) await size.selectOption("5000");
  const rows = await page.locator("#access tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent).join(" ").replaceAll("\u00a0", " ")));
  const words = `› group ${path.group_name} › ${path.permission_set_name} › ${path.account_name} since `;
  assert.ok(rows.some((row) => row.startsWith(path.user_name) && row.includes(words) && row.includes(path.first_seen_at.slice(0, 10))), `${words}\n${rows.slice(0, 3).join("\n")}`);
  await context.close();
});

test("the keyboard alone", async () => {
  const { page, context } = await open(browser, url(file));
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  await page.focus("#search");
  await page.keyboard.type(one("SELECT user_name FROM users ORDER BY user_name LIMIT 1"));
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.closest("ul")?.id), "found");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "page-heading");
  // Every clickable element can be reached by keyboard and shows the focus.
  const outline = await page.evaluate(() => {
    const link = document.querySelector("#entity a");
    link.focus({ focusVisible: true });
    return getComputedStyle(link).outlineStyle;
  });
  assert.notEqual(outline, "none");
  const bare = await page.evaluate(() => [...document.querySelectorAll("[onclick], div[role=button], a:not([href])")].length);
  assert.equal(bare, 0);
  await context.close();
});

test("without a script the first screen is whole", async () => {
  const { page, context } = await open(browser, url(file), { javaScriptEnabled: false });
  for (const part of [".strip .complete", ".sentences li:nth-child(5)", "#changes li", "#matrix td", "#completeness td", "#method dt", "noscript p"]) {
    assert.ok(await page.locator(part).count(), part);
  }
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, ${colorScheme}`, async () => {
    // The checker needs a policy of its own. Another test checks the page's policy.
    const { page, context } = await open(browser, url(file), { colorScheme, bypassCSP: true });
    await page.addScriptTag({ content: AXE });
    const user = one("SELECT user_id FROM effective_access GROUP BY user_id ORDER BY count(*) LIMIT 1");
    const account = one("SELECT account_id FROM effective_access GROUP BY account_id ORDER BY count(*) LIMIT 1");
    const group = one("SELECT group_id FROM effective_access WHERE via = 'group' GROUP BY group_id ORDER BY count(*) LIMIT 1");
    const set = one("SELECT permission_set_arn FROM effective_access GROUP BY permission_set_arn ORDER BY count(*) LIMIT 1");
    const states = ["#", `#person/${user}`, `#account/${account}`, `#group/${group}`, `#set/${encodeURIComponent(set)}`, "#table?via=direct", `#table?tier=administrator&production=1&set=${encodeURIComponent(set)}`, "#orphans"];
    for (const media of ["screen", "print"]) {
      await page.emulateMedia({ media, colorScheme });
      for (const hash of states) {
        await go(page, hash);
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
        // As a browser prints it: all rows, in the print's style.
        if (media === "print") await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
        const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        const told = found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html} ${node.any.map((any) => any.message).join()}`).join("\n")}`);
        assert.deepEqual(told, [], `${media} ${hash}`);
        if (media === "print") await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
      }
    }
    await context.close();
  });
}

test("a phone needs no sideways scrolling", async () => {
  const { page, context } = await open(browser, url(file), { viewport: { width: 360, height: 740 } });
  const user = one("SELECT user_id FROM effective_access LIMIT 1");
  for (const hash of ["#", `#person/${user}`, "#table"]) {
    await go(page, hash);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), hash);
  }
  await context.close();
});

test("print repeats what it is on every page, and splits no row", async () => {
  const { page, context } = await open(browser, url(file));
  await go(page, "#table?tier=administrator");
  const summary = await page.locator("#access .summary").textContent();
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  const rows = await page.locator("#access tbody tr").count();
  assert.equal(rows, Math.min(5000, number(summary)), "all rows are printed");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("#access tbody tr")).breakInside), "avoid");
  const pdf = join(folder, "print.pdf");
  writeFileSync(pdf, await page.pdf({ format: "A4" }));
  const pages = execFileSync("pdftotext", ["-layout", pdf, "-"], { encoding: "utf8", maxBuffer: 1 << 28 }).split("\f").filter((text) => text.trim());
  const withRows = pages.filter((text) => /since (before )?\d{4}-\d\d-\d\d/.test(text));
  assert.ok(withRows.length > 3);
  for (const text of withRows) {
    assert.match(text, /Person\s+Through\s+Permission set/);
    assert.match(text.replaceAll(/\s+/g, " "), /o-[a-z0-9]+, as of \d{4}-\d\d-\d\d, compared with .* tier administrator/);
    assert.doesNotMatch(text, /page 1 of/, "all rows are printed, and no page of them");
  }
  await context.close();
});

test("pseudonyms in place of names", async () => {
  const key = join(folder, "key.txt");
  orgcensus("export", "--new-mask-key", key);
  const masked = report("masked.html", CENSUS, "--mask", key);
  const { page, context } = await open(browser, url(masked));
  const text = await page.content();
  const names = ["SELECT user_name FROM users", "SELECT user_id FROM users", "SELECT primary_email FROM users WHERE primary_email IS NOT NULL", "SELECT display_name FROM groups", "SELECT name FROM accounts", "SELECT account_id FROM accounts", "SELECT permission_set_arn FROM permission_sets", "SELECT organization_id FROM organization"];
  for (const sql of names) {
    for (const row of query(CENSUS, sql)) {
      const [name] = Object.values(row);
      // A name such as Billing also occurs as a word of the page.
      if (name.length > 8) assert.ok(!text.includes(name), `${sql}: ${name}`);
    }
  }
  assert.equal(number(await page.locator(".sentences .number").first().textContent()), value(CENSUS, "SELECT count(DISTINCT user_id) FROM effective_access"));
  await context.close();
});

test("a page for each OU", async () => {
  const whole = report("split.html", CENSUS, "--split", "ou");
  const { page, context } = await open(browser, url(whole));
  const parts = await page.locator("#method li a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  // Accounts that left the organization are in no OU.
  const ofOus = parts.filter((part) => !part.endsWith(".no-ou.html"));
  assert.equal(ofOus.length, value(CENSUS, "SELECT count(DISTINCT parent_id) FROM accounts"));
  const ou = query(CENSUS, "SELECT parent_id, count(*) AS accounts FROM accounts GROUP BY parent_id ORDER BY 2 DESC LIMIT 1")[0];
  const part = join(folder, `split.${ou.parent_id}.html`);
  await page.goto(url(part));
  const people = value(CENSUS, `SELECT count(DISTINCT user_id) FROM effective_access WHERE account_id IN (SELECT account_id FROM accounts WHERE parent_id = '${ou.parent_id}')`);
  assert.equal(number(await page.locator(".sentences .number").first().textContent()), people);
  assert.ok(sized(part) < sized(whole));
  assert.equal(statSync(part).mode & 0o777, 0o600);
  await context.close();
});
