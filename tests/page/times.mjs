// Measures how long pages take to load, to search and to sort: node times.mjs PAGE…

import { launch, open, sized, url } from "./support.mjs";

const browser = await launch();
for (const file of process.argv.slice(2)) {
  const { page, context } = await open(browser, url(file));
  const load = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
  const search = await page.evaluate(() => { const at = performance.now(); const box = document.getElementById("search"); box.value = "an"; box.dispatchEvent(new Event("input")); return performance.now() - at; });
  await page.evaluate(() => { const box = document.getElementById("search"); box.value = ""; box.dispatchEvent(new Event("input")); });
  const filter = await page.evaluate(() => { const at = performance.now(); const box = document.getElementById("facet-text"); box.value = "7"; box.dispatchEvent(new Event("input")); return performance.now() - at; });
  const some = await page.locator("#access .summary").textContent();
  await page.evaluate(() => { const box = document.getElementById("facet-text"); box.value = ""; box.dispatchEvent(new Event("input")); });
  const sort = await page.evaluate(() => { const at = performance.now(); [...document.querySelectorAll("#access .sort")].find((one) => one.textContent === "Account").click(); return performance.now() - at; });
  const rows = await page.locator("#access .summary").textContent();
  console.log(`${file}: ${sized(file)} bytes, load ${Math.round(load)} ms, first search ${Math.round(search)} ms, table filtered by name ${Math.round(filter)} ms (${some}), sorted ${Math.round(sort)} ms (${rows})`);
  await context.close();
}
await browser.close();
