// Takes pictures of the first screen, a page of each kind, the table, print, a phone, and dark mode.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CENSUS, go, launch, open, query, report, url } from "./support.mjs";

const [, , folder] = process.argv;
const one = (sql) => Object.values(query(CENSUS, sql)[0])[0];
const user = one("SELECT user_id FROM privileged_permission_sets JOIN effective_access USING (permission_set_arn) WHERE level = 'administrator' AND scope = 'any' AND via = 'group' GROUP BY user_id ORDER BY count(DISTINCT account_id) DESC LIMIT 1");
const account = one("SELECT account_id FROM effective_access WHERE via = 'direct' GROUP BY account_id ORDER BY count(*) DESC LIMIT 1");
const group = one("SELECT group_id FROM effective_access WHERE via = 'group' GROUP BY group_id ORDER BY count(DISTINCT user_id) DESC LIMIT 1");
const set = one("SELECT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' LIMIT 1");
const table = "#table?tier=administrator&production=1";
const file = report("pictures.html", CENSUS, "--production", "/Workloads/Prod");
const partial = report("pictures-gap.html", CENSUS, "--at", "41", "--since", "30");
const browser = await launch();

async function picture(name, hash, { of = file, full = false, before = async () => {}, ...options } = {}) {
  const { page, context } = await open(browser, url(of), options);
  await go(page, hash);
  await before(page);
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: full });
  console.log(`${name}.png`);
  await context.close();
}

await picture("first-screen", "#");
await picture("first-screen-whole", "#", { full: true });
await picture("incomplete", "#", { of: partial });
await picture("person", `#person/${user}`);
await picture("account", `#account/${account}`);
await picture("group", `#group/${group}`);
await picture("set", `#set/${encodeURIComponent(set)}`);
await picture("table", table);
await picture("matrix", `${table}&via=group`, { before: (page) => page.locator(".crossing summary").click() });
await picture("dark", "#", { colorScheme: "dark" });
await picture("dark-table", table, { colorScheme: "dark" });
await picture("phone", "#", { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
await picture("phone-person", `#person/${user}`, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
await picture("phone-table", table, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });

const { page, context } = await open(browser, url(file));
await go(page, table);
writeFileSync(join(folder, "print.pdf"), await page.pdf({ format: "A4", landscape: true }));
await context.close();
await browser.close();
execFileSync("pdftoppm", ["-r", "80", "-png", "-f", "1", "-l", "2", join(folder, "print.pdf"), join(folder, "print")]);
