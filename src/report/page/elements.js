// Elements of the page. Every name is a text node, in an element that isolates its writing direction.

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

const LONG = 40;
const bdi = (text) => h("bdi", { class: String(text).length > LONG ? "long" : null }, text);
const address = (kind, place) => `#${kind}/${encodeURIComponent(id(kind, place))}`;

// Badges of a thing: deleted, not seen, or unable to sign in.
function marks(kind, place) {
  const found = [];
  const is = standing(kind, place);
  if (is !== THERE) found.push(h("span", { class: "badge" }, is === NOT_SEEN ? "not seen" : "deleted"));
  if (kind === "person" && people[place][4]) found.push(h("span", { class: "badge" }, "disabled"));
  if (kind === "account" && accounts[place][4] && accounts[place][4] !== "ACTIVE") {
    found.push(h("span", { class: "badge" }, accounts[place][4].toLowerCase()));
  }
  return found.flatMap((mark) => [" ", mark]);
}

function link(kind, place) {
  const twin = isTwin(kind, place) ? [" ", h("span", { class: "quiet" }, `(${id(kind, place).slice(-12)})`)] : [];
  return h("span", {}, h("a", { href: address(kind, place) }, bdi(name(kind, place))), twin, marks(kind, place));
}

// Returns the next step of a path. A no-break space keeps the sign on its line.
const step = (...what) => ["›\u00a0", ...what];

// Returns the path of an OU, with a possible line break after each slash.
const ouWords = (ou) => h("bdi", { class: "ou" }, ouName(ou).split("/").flatMap((part, at) => (at ? ["/", h("wbr"), part] : [part])));

const sinceCell = (since) => h("span", { class: "since" }, sinceWords(since));

const tierBadge = (tier) => h("span", { class: `badge ${TIERS[tier]}`, title: data.tiers[tier][1] }, TIERS[tier]);

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, shown.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

function listOf(items, empty) {
  return items.length ? h("ul", {}, items.map((item) => h("li", {}, item))) : h("p", {}, empty);
}

function section(title, ...children) {
  return h("section", {}, h("h3", {}, title), children);
}
