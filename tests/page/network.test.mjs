// A page sends nothing, whatever names it contains, and names stay text.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { HOSTILE, PLANTED, folder, go, launch, open, query, report, serve, url } from "./support.mjs";

let browser, server, file;
const control = join(folder, "control.html");

before(async () => {
  file = report("hostile.html", HOSTILE, "--since", "60d");
  writeFileSync(control, `<!DOCTYPE html><title>control</title><img src="http://${PLANTED}/control"><script>throw Error("control")</script>`);
  server = await serve({ "/page": file, "/control": control });
  browser = await launch(server.port);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

// Visits everything: the first screen and a page of each kind.
async function visit(page) {
  const links = await page.evaluate(() => [...document.querySelectorAll('#content a[href^="#"]')].map((link) => link.getAttribute("href")));
  const kinds = ["#person/", "#group/", "#account/", "#set/"];
  for (const user of query(HOSTILE, "SELECT DISTINCT user_id FROM effective_access ORDER BY user_id LIMIT 6")) {
    await go(page, `#person/${encodeURIComponent(user.user_id)}`);
    links.push(...await page.evaluate(() => [...document.querySelectorAll('#entity a[href^="#"]')].map((link) => link.getAttribute("href"))));
  }
  for (const kind of kinds) {
    const some = [...new Set(links.filter((link) => link.startsWith(kind)))].slice(0, 12);
    assert.ok(some.length, `no link to ${kind}`);
    for (const link of some) await go(page, link);
  }
  await go(page, "#table?text=planted");
  await page.waitForTimeout(200);
}

for (const [kind, address] of [["file", () => url(file)], ["http", () => `http://127.0.0.1:${server.port}/page`]]) {
  test(`no request leaves a page of ${kind}`, async () => {
    server.asked.length = 0;
    const { page, seen, context } = await open(browser, address());
    await visit(page);
    assert.deepEqual(seen.requests.filter((one) => !one.startsWith("data:")), [address()]);
    assert.deepEqual(server.asked, kind === "file" ? [] : ["/page"]);
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    await context.close();
  });
}

test("the same looks find what a page without a policy does", async () => {
  server.asked.length = 0;
  const { seen, context } = await open(browser, url(control));
  assert.deepEqual(server.asked, ["/control"], "the picture was asked for");
  assert.equal(seen.requests.length, 2);
  assert.ok(seen.errors.some((error) => error.includes("control")), seen.errors.join());
  await context.close();
});

test("the policy refuses what is put into the page all the same", async () => {
  server.asked.length = 0;
  const { page, context } = await open(browser, url(file));
  await page.evaluate((host) => {
    const picture = document.createElement("img");
    picture.src = `http://${host}/injected`;
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(picture, script);
  }, PLANTED);
  await page.waitForFunction(() => window.violations.length >= 2);
  assert.equal(await page.evaluate(() => window.injected), undefined);
  assert.deepEqual(server.asked, []);
  await context.close();
});

test("hostile names stay text", async () => {
  const { page, context } = await open(browser, url(file));
  const users = query(HOSTILE, "SELECT DISTINCT user_id, user_name FROM effective_access ORDER BY user_id LIMIT 6");
  const title = await page.title();
  for (const user of users) {
    await go(page, `#person/${encodeURIComponent(user.user_id)}`);
    await page.waitForFunction((id) => document.querySelector("#entity code")?.textContent === id || [...document.querySelectorAll("#entity code")].some((one) => one.textContent === id), user.user_id);
    assert.equal(await page.locator("#page-heading bdi").textContent(), user.user_name);
  }
  await go(page, "#");
  assert.equal(await page.title(), title);
  assert.equal(await page.evaluate(() => document.querySelectorAll("img, svg, iframe, object, [onload], [onerror], [style]").length), 0);
  assert.equal(await page.evaluate(() => document.scripts.length), 2);
  // A name with a control character for the writing direction affects only itself.
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector("bdi")).unicodeBidi), "isolate");
  await page.fill("#search", "twin");
  const found = await page.locator("#found li").allTextContents();
  const twins = found.filter((one) => one.includes("twin"));
  assert.ok(twins.length >= 2, found.join());
  assert.equal(new Set(twins).size, twins.length, "two of one name are told apart");
  await context.close();
});
