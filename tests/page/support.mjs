// The browser, the program, and a web server that records its requests.

import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

export const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { ORGCENSUS_BIN, CHROMIUM, PAGE_CENSUS, PAGE_HOSTILE, PAGE_UNCOLLECTED, PAGE_WORK } = process.env;
export const CENSUS = PAGE_CENSUS;
export const HOSTILE = PAGE_HOSTILE;
export const UNCOLLECTED = PAGE_UNCOLLECTED;
// Names in the hostile census point to this host, which the browser resolves to loopback.
export const PLANTED = "planted.invalid";

export const folder = mkdtempSync(join(PAGE_WORK, "pages-"));

// Runs the program and returns its standard output.
export function orgcensus(...words) {
  return execFileSync(ORGCENSUS_BIN, words, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

// Returns the rows of a query as objects.
export function query(census, sql, ...words) {
  return JSON.parse(orgcensus("--db", census, "query", sql, "--format", "json", ...words));
}

export function value(census, sql, ...words) {
  const [row] = query(census, sql, ...words);
  return Object.values(row)[0];
}

// Creates a page and returns its path.
export function report(name, census, ...words) {
  const file = join(folder, name);
  orgcensus("--db", census, "report", "--force", ...words, file);
  return file;
}

export const sized = (file) => readFileSync(file).length;
export const url = (file) => pathToFileURL(file).href;

// Serves the files of the folder and responds to every other request. `asked` lists every path.
export async function serve(pages) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    const page = pages[request.url];
    response.writeHead(page ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(page ? readFileSync(page) : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { asked, port: server.address().port, close: () => new Promise((resolve) => server.close(resolve)) };
}

export async function launch(port) {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", ...(port ? [`--host-resolver-rules=MAP ${PLANTED} 127.0.0.1:${port}`] : [])],
  });
}

// Opens an address. `seen` collects every request, console error and refused resource.
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { requests: [], errors: [] };
  context.on("request", (request) => seen.requests.push(request.url()));
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(address);
  return { page, seen, context };
}

// Goes to an address within the page, as a click on a link does.
export async function go(page, hash) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.waitForFunction((to) => decodeURIComponent(location.hash) === decodeURIComponent(to), hash === "#" ? "" : hash);
}

// Parses `1,204` or `≥ 1,204` as a number.
export const number = (text) => Number(/[\d,]+/.exec(text)[0].replaceAll(",", ""));
