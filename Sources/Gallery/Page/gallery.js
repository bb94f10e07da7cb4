(() => {
"use strict";
const $ = id => document.getElementById(id);
/// An element, its properties, and what is in it. Text is only ever text: nothing here reads HTML.
const make = (tag, properties = {}, ...content) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element) element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...content.filter(part => part !== null && part !== undefined));
  return element;
};
const jobs = JSON.parse($("data").textContent);
const items = [];
const relatives = new Map();
for (const job of jobs) {
  const prompt = job.p ?? job.e ?? say("jobNumber", { id: job.id });
  job.values = new Map(job.in);
  job.seed = job.values.get("seed");
  job.short = job.m.split("/").slice(1).join("/") || job.m;
  job.first = items.length;
  for (const file of job.f.length ? job.f : [null]) {
    items.push({ job, file, prompt, kind: file ? file.k : "none", of: job.f.length });
  }
}
// What is made from what: only jobs of a chain are here. Of one that the page does not show, little is known.
const relative = id => relatives.get(id) ?? relatives.set(id, { id, sources: [], users: [] }).get(id);
const relate = (source, user, outputs) => {
  const known = Array.isArray(outputs) && user.sources.find(link => link.source === source && link.outputs.add);
  if (known) return outputs.forEach(n => known.outputs.add(n));
  const link = { source, user, outputs: Array.isArray(outputs) ? new Set(outputs) : outputs };
  source.users.push(link);
  user.sources.push(link);
};
for (const job of jobs) {
  for (const [id, outputs] of job.from ?? []) relate(relative(id), relative(job.id), outputs);
  for (const [id, outputs, state] of job.to ?? []) {
    relative(id).state = state;
    relate(relative(job.id), relative(id), outputs);
  }
}
for (const job of jobs) if (relatives.has(job.id)) relatives.get(job.id).job = job;
for (const each of relatives.values()) each.users.sort((a, b) => a.user.id - b.user.id);
const itemsOf = job => job ? items.slice(job.first, job.first + Math.max(1, job.f.length)) : [];
const isPicked = item => item.file?.pick === true;
/// Whether a job was made from this picture, or will be.
const takes = ({ outputs }, item) => outputs.has?.(item.file?.n) ?? (outputs === "all" || isPicked(item));

// The words that the page itself holds.
for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
$("words").placeholder = say("search");
if (document.title === table.gallery[0]) document.title = document.querySelector("h1 bdi").textContent = say("gallery");
document.documentElement.lang = table.language[column];

const still = matchMedia("(prefers-reduced-motion: reduce)");
const money = job => job.usd === undefined ? null : (job.est ? "≈ " : "") + dollars(job.usd);
const time = text => text ? moment.format(new Date(text)) : null;
const size = bytes => bytes < 1e6 ? `${number.format(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number.format(bytes / 1e6)} MB`;
const span = seconds => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
const plural = (count, word) => say(count === 1 ? word + "1" : word, { count: number.format(count) });
const named = word => Object.hasOwn(table, word) ? say(word) : word;
const state = job => job.s === "completed" ? null : named(job.s);

let toasting;
const toast = text => {
  const place = $("view").open ? $("view") : document.body;
  if ($("toast").parentNode !== place) place.append($("toast"));
  $("toast").textContent = text;
  $("toast").classList.add("on");
  clearTimeout(toasting);
  toasting = setTimeout(() => $("toast").classList.remove("on"), 2500);
};

// What is shown: the filters, and the address that remembers them.
const choices = { model: ["allModels", i => i.job.m], label: ["allLabels", i => i.job.l ?? ""], state: ["allStates", i => i.job.s], kind: ["allKinds", i => i.kind],
  pick: ["allPicks", i => isPicked(i) ? "picked" : "unpicked"] };
for (const [id, [all, value]] of Object.entries(choices)) {
  const counts = new Map();
  for (const item of items) counts.set(value(item), (counts.get(value(item)) ?? 0) + 1);
  const name = word => (id === "model" || id === "label" ? word : named(word)) || say("noLabel");
  $(id).append(make("option", { value: "*", textContent: say(all) }));
  for (const word of [...counts.keys()].sort()) {
    $(id).append(make("option", { value: "=" + word, textContent: `${name(word)} (${number.format(counts.get(word))})` }));
  }
  $(id).hidden = counts.size < 2;
}
const text = item => item.text ??= [item.prompt, item.job.m, item.job.l, item.job.id, item.job.e, item.file?.path, ...item.job.values.values()].join("\n").toLowerCase();
let shown = [];
let mode = "pictures";
let chained = 0;
const remembered = { words: "", model: "*", label: "*", state: "*", kind: "*", pick: "*", order: "new", rows: "", columns: "" };
const remember = () => {
  const address = new URLSearchParams();
  if (mode === "chain") address.set("chain", chained);
  else for (const [id, usual] of Object.entries(remembered)) if ($(id).value && $(id).value !== usual) address.set(id, $(id).value);
  if (mode === "compare") address.set("view", mode);
  try { history.replaceState(null, "", "#" + address); } catch { /* the page works without */ }
};
const recall = () => {
  const address = new URLSearchParams(location.hash.slice(1));
  chained = Number(address.get("chain")) || 0;
  mode = chained ? "chain" : address.get("view") === "compare" ? "compare" : "pictures";
  // A chain takes no notice of the filters, and leaves them as they are.
  if (!chained) for (const [id, usual] of Object.entries(remembered)) {
    $(id).value = address.get(id) ?? usual;
    if ($(id).selectedIndex === -1) $(id).value = usual;
  }
  return address;
};
const filter = () => {
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = Object.entries(choices).filter(([id]) => $(id).value !== "*").map(([id, [, value]]) => [value, $(id).value.slice(1)]);
  shown = items.filter(item => tests.every(([value, wanted]) => value(item) === wanted) && words.every(word => text(item).includes(word)));
  if ($("order").value === "old") shown.reverse();
  if ($("order").value === "cost") shown = shown.map((item, place) => [item, place]).sort(([a, x], [b, y]) => (b.job.usd ?? 0) - (a.job.usd ?? 0) || x - y).map(([item]) => item);
  summarize(shown);
  const active = Object.keys(choices).filter(id => $(id).value !== "*").length;
  $("filters").textContent = active ? say("filtersOn", { count: active }) : say("filters");
  $("nothing").hidden = shown.length > 0;
  current = 0;
  if (mode === "compare") compare(); else arrange();
};
const summarize = list => {
  const paid = new Map(list.map(item => [item.job.id, item.job]));
  const sum = [...paid.values()].reduce((total, job) => total + (job.usd ?? 0), 0);
  const counts = say("count", { files: plural(list.length, "files"), jobs: plural(paid.size, "jobs") });
  $("count").textContent = [counts, sum && money({ usd: sum, est: [...paid.values()].some(job => job.est) })].filter(Boolean).join(" · ");
};

// One picture, small: in the list, in the table and in a chain.
const face = item => {
  const { job, file, prompt } = item;
  if (file && file.k === "image") {
    const image = make("img", { alt: prompt, src: file.th ?? file.u, loading: "lazy", decoding: "async", draggable: false });
    image.onerror = () => {
      if (file.th && image.getAttribute("src") === file.th) image.src = file.u;
      else image.replaceWith(make("span", { className: "tile", textContent: say("gone") }));
    };
    return [image];
  }
  if (file && file.k === "video") {
    const video = make("video", { muted: true, loop: true, playsInline: true, preload: "metadata", tabIndex: -1, src: file.u + "#t=0.1", "aria-label": prompt });
    video.onerror = () => video.replaceWith(make("span", { className: "tile", textContent: say("noVideo") }));
    return [video, make("span", { className: "badge", textContent: "▶ " + (file.d ? span(file.d) : say("video")) })];
  }
  if (file) return [make("span", { className: "tile" }, make("b", { textContent: file.k === "audio" ? "♪" : "▤" }), file.d ? span(file.d) : file.t || file.k)];
  return [make("span", { className: "tile bad" }, make("b", { textContent: "✕" }), job.e ?? named(job.s))];
};
const star = item => isPicked(item) ? make("span", { className: "star", role: "img", "aria-label": say("picked"), title: say("picked"), textContent: "★" }) : null;
const stir = (element, plays) => {
  const video = element.querySelector("video");
  if (!video || still.matches) return;
  if (plays) video.play().catch(() => {}); else video.pause();
};
const liven = element => {
  element.onmouseenter = element.onfocus = () => stir(element, true);
  element.onmouseleave = element.onblur = () => stir(element, false);
  return element;
};

// The list: rows of one height each, of which only those near the window exist.
let rows = [];
let current = 0;
const built = new Map();
const caption = 48;
const shape = item => item.file?.w && item.file?.h ? Math.min(2.4, Math.max(.55, item.file.w / item.file.h)) : 1;
const arrange = () => {
  for (const element of built.values()) element.remove();
  built.clear();
  const width = $("pictures").clientWidth;
  const [gap, wanted] = width < 700 ? [10, 150] : [16, 235];
  rows = [];
  let top = 0, first = 0, shapes = 0;
  shown.forEach((item, index) => {
    shapes += shape(item);
    const count = index - first + 1;
    const full = (width - gap * (count - 1)) / shapes;
    const isLast = index === shown.length - 1;
    if (full > wanted * 1.15 && !isLast) return;
    const height = Math.min(full, wanted * 1.15);
    let left = 0;
    const places = shown.slice(first, index + 1).map(each => {
      const place = [left, shape(each) * height];
      left += place[1] + gap;
      return place;
    });
    rows.push({ top, height: height + caption, first, places });
    top += height + caption + gap;
    first = index + 1;
    shapes = 0;
  });
  $("pictures").style.height = `${top}px`;
  draw();
};
const rowAt = offset => {
  let low = 0, high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle].top <= offset) low = middle; else high = middle - 1;
  }
  return low;
};
const rowOf = index => {
  let low = 0, high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle].first <= index) low = middle; else high = middle - 1;
  }
  return low;
};
const card = (index, row) => {
  const item = shown[index];
  const [left, width] = row.places[index - row.first];
  const about = [state(item.job), item.job.short, item.job.seed && `seed ${item.job.seed}`, money(item.job), item.of > 1 && say("place", { n: item.file.n, count: item.of })];
  const button = liven(make("button", { className: "card", tabIndex: index === current ? 0 : -1, "aria-haspopup": "dialog", "data-index": index },
    make("span", { className: "frame" }, ...face(item), star(item)),
    make("span", { className: "words", dir: "auto", textContent: item.prompt, "aria-hidden": "true" }),
    make("span", { className: "meta", textContent: about.filter(Boolean).join(" · ") })));
  const element = make("div", { className: "item", role: "listitem", "aria-setsize": shown.length, "aria-posinset": index + 1 }, button);
  Object.assign(element.style, { left: `${left}px`, width: `${width}px`, top: `${row.top}px`, height: `${row.height}px` });
  return element;
};
const draw = () => {
  if (mode !== "pictures" || !rows.length) return;
  const top = scrollY - $("pictures").offsetTop;
  const from = rows[rowAt(top - innerHeight * .6)].first;
  const last = rows[rowAt(top + innerHeight * 1.6)];
  const to = last.first + last.places.length;
  for (const [index, element] of built) if (index < from || index >= to) {
    // What has the focus stays, so that the keys go on from there.
    if (!element.contains(document.activeElement)) { element.remove(); built.delete(index); }
  }
  let before = null;
  for (let index = to - 1; index >= from; index--) {
    let element = built.get(index);
    if (!element) {
      element = card(index, rows[rowOf(index)]);
      built.set(index, element);
      $("pictures").insertBefore(element, before);
    }
    before = element;
  }
};
const go = index => {
  index = Math.max(0, Math.min(shown.length - 1, index));
  built.get(current)?.firstChild.setAttribute("tabindex", "-1");
  current = index;
  const row = rows[rowOf(index)];
  const head = document.querySelector("header").offsetHeight;
  const top = row.top + $("pictures").offsetTop;
  if (top - head - 8 < scrollY) scrollTo(0, top - head - 8);
  else if (top + row.height + 12 > scrollY + innerHeight) scrollTo(0, top + row.height + 12 - innerHeight);
  draw();
  const button = built.get(index)?.firstChild;
  button?.setAttribute("tabindex", "0");
  button?.focus({ preventScroll: true });
};
const vertical = step => {
  const row = rowOf(current);
  const next = rows[row + step];
  if (!next) return;
  const [left, width] = rows[row].places[current - rows[row].first];
  const distance = ([x, w]) => Math.abs(x + w / 2 - left - width / 2);
  const best = next.places.reduce((a, place, i) => distance(place) < distance(next.places[a]) ? i : a, 0);
  go(next.first + best);
};

// The table: jobs that are equal but for two keys. Sums of random numbers tell equal inputs, whatever their order.
const marks = new Map();
const mark = (key, value) => {
  const name = key + "\0" + value;
  if (!marks.has(name)) marks.set(name, [Math.random() * 2 ** 31 | 0, Math.random() * 2 ** 31 | 0]);
  return marks.get(name);
};
const valueOf = (job, key) => key === "\0model" ? job.m : job.values.get(key) ?? say("notSet");
const groupsBy = (list, keys, except) => {
  const groups = new Map();
  for (const job of list) {
    let [a, b] = [0, 0];
    for (const key of keys) if (!except.includes(key)) {
      const [x, y] = mark(key, valueOf(job, key));
      a ^= x; b ^= y;
    }
    const name = a + "," + b;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(job);
  }
  return [...groups.values()];
};
const variety = (group, key) => new Set(group.map(job => valueOf(job, key))).size;
const score = (list, keys, axes) => groupsBy(list, keys, axes).filter(group => axes.every(key => variety(group, key) > 1)).reduce((sum, group) => sum + group.length, 0);
const title = key => key === "\0model" ? say("modelAxis") : key;
const choose = (list, keys, varying) => {
  const single = varying.map(key => [key, score(list, keys, [key])]).filter(([, points]) => points).sort((a, b) => b[1] - a[1]).slice(0, 6);
  let best = single.length ? [single[0][1], [single[0][0]]] : [0, []];
  for (let a = 0; a < single.length; a++) for (let b = a + 1; b < single.length; b++) {
    const axes = [single[a][0], single[b][0]].sort((x, y) => variety(list, y) - variety(list, x));
    const points = score(list, keys, axes);
    if (points >= best[0] && (best[1].length < 2 || points > best[0])) best = [points, axes];
  }
  return best[1];
};
const sorted = values => [...values].sort((a, b) => a - b || String(a).localeCompare(b, undefined, { numeric: true }));
let cells = [];
const compare = () => {
  const list = [...new Set(shown.map(item => item.job))];
  const keys = ["\0model", ...new Set(list.flatMap(job => [...job.values.keys()]))];
  const varying = keys.filter(key => variety(list, key) > 1);
  const wanted = [$("rows").dataset.chosen, $("columns").dataset.chosen];
  let axes = wanted.filter(key => varying.includes(key));
  if (!axes.length) axes = choose(list, keys, varying);
  const [across, down] = axes.length === 2 ? [axes[1], axes[0]] : wanted[0] === axes[0] ? [undefined, axes[0]] : [axes[0], undefined];
  for (const [id, axis] of [["rows", down], ["columns", across]]) {
    $(id).replaceChildren(make("option", { value: "", textContent: "–" }), ...varying.map(key => make("option", { value: key, textContent: title(key) })));
    $(id).value = axis ?? "";
  }
  const groups = groupsBy(list, keys, [across, down]).filter(group => [across, down].some(key => key && variety(group, key) > 1)).sort((a, b) => b.length - a.length);
  cells = [];
  $("compare").replaceChildren();
  if (!groups.length) $("compare").append(make("p", { className: "tile", textContent: say("alike") }));
  const more = from => {
    for (const group of groups.slice(from, from + 30)) $("compare").append(matrix(group, across, down));
    if (groups.length > from + 30) $("compare").append(make("button", { textContent: say("more", { count: groups.length - from - 30 }), onclick: event => { event.target.remove(); more(from + 30); } }));
  };
  more(0);
};
const cell = (item, place, label) => {
  const button = liven(make("button", { className: "cell", "data-place": place, "aria-haspopup": "dialog", "aria-label": label }, ...face(item), star(item)));
  button.style.setProperty("--shape", item.file?.w && item.file?.h ? item.file.w / item.file.h : 1);
  return button;
};
const matrix = (group, across, down) => {
  const by = (key, job) => key ? valueOf(job, key) : "";
  const values = key => sorted(new Set(group.map(job => by(key, job))));
  const files = new Map();
  const isIn = new Set(group);
  for (const item of shown) if (isIn.has(item.job)) {
    const name = by(down, item.job) + "\0" + by(across, item.job);
    if (!files.has(name)) files.set(name, []);
    files.get(name).push(item);
  }
  const columns = values(across);
  const head = (scope, value) => make("th", { scope, title: value }, make("span", { dir: "auto", textContent: value }));
  const corner = [down && `${title(down)} ↓`, across && `${title(across)} →`].filter(Boolean).join("\n");
  const body = values(down).map(row => make("tr", {}, head("row", row), ...columns.map(column =>
    make("td", {}, make("div", { className: "cells" }, ...(files.get(row + "\0" + column) ?? []).slice(0, 12).map(item => {
      cells.push(item);
      return cell(item, cells.length - 1);
    }))))));
  const job = group[0];
  const same = [...job.values].filter(([key, value]) => ![across, down].includes(key) && value !== job.p).map(([key, value]) => `${key}=${value}`);
  const heading = [across, down].some(key => key && job.values.get(key) === job.p) ? "" : job.p ?? "";
  const figure = make("figure", { className: "matrix" },
    make("figcaption", {}, make("span", { className: "prompt", dir: "auto", textContent: heading }), make("small", { textContent: [across !== "\0model" && down !== "\0model" && job.m, ...same].filter(Boolean).join(" · ") })),
    make("div", { className: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: corner }), ...columns.map(value => head("col", value)))), make("tbody", {}, ...body))));
  figure.style.setProperty("--columns", columns.length);
  return figure;
};
const step = (from, key) => {
  const cell = from.closest("td"), row = cell.parentNode;
  const near = { ArrowLeft: from.previousSibling ?? cell.previousSibling?.querySelector?.(".cell:last-child"), ArrowRight: from.nextSibling ?? cell.nextSibling?.querySelector(".cell"),
    ArrowUp: row.previousSibling?.cells[cell.cellIndex]?.querySelector(".cell"), ArrowDown: row.nextSibling?.cells[cell.cellIndex]?.querySelector(".cell") }[key];
  near?.focus();
};

// A chain: what a job is made from, what is made from it, and what else that is made from. A step is made from those before.
const reach = (found, of, end) => {
  for (const each of found) for (const link of each[of]) found.add(link[end]);
  return found;
};
const stepsOf = start => {
  const depths = new Map(), steps = [];
  // A source is older than what is made from it, and so has its depth already.
  for (const each of [...reach(reach(new Set([start]), "users", "user"), "sources", "source")].sort((a, b) => a.id - b.id)) {
    const depth = each.sources.reduce((most, link) => Math.max(most, depths.get(link.source) + 1), 0);
    depths.set(each, depth);
    (steps[depth] ??= []).push(each);
  }
  return steps;
};
/// As a reference names it.
const short = ({ job, file, of }) => of > 1 || file?.n > 1 ? `${job.id}/${file.n}` : `${job.id}`;
const long = item => [say("jobNumber", { id: short(item) }), isPicked(item) && say("picked"), item.prompt].filter(Boolean).join(", ");
/// What is known of a job that has no picture here.
const absence = (each, link) => each.state === "queued" && link?.outputs === "pick" ? say("waitsForPick") : each.state ? named(each.state) : say("notHere");
/// The first of a list, and a button for the rest.
const some = (list, most, draw) => {
  const part = from => [...list.slice(from, from + most).map(draw), ...(list.length > from + most ? [make("li", { className: "rest" }, make("button", {
    textContent: say("more", { count: number.format(list.length - from - most) }),
    onclick: event => {
      const rest = part(from + most);
      event.target.parentNode.replaceWith(...rest);
      rest[0].querySelector("button")?.focus();
    } }))] : [])];
  return part(0);
};
const origin = link => {
  const files = itemsOf(link.source.job).filter(item => takes(link, item));
  return files.length > 3 ? `${link.source.id} (${plural(files.length, "files")})` : files.map(short).join(", ") || `${link.source.id}`;
};
const station = (each, places, members) => {
  const all = itemsOf(each.job);
  const users = each.users.filter(link => members.has(link.user));
  const used = new Set(all.filter(item => isPicked(item) || users.some(link => takes(link, item))));
  const marked = used.size < all.length ? used : new Set();
  const job = each.job;
  const here = each.id === chained;
  return make("li", { className: here ? "job here" : "job", "aria-current": here ? "true" : null },
    make("h4", {}, say("jobNumber", { id: each.id }), " ", make("small", { textContent: job ? [job.short, state(job)].filter(Boolean).join(" · ") : absence(each, each.sources.find(link => link.outputs === "pick")) })),
    each.sources.length ? make("p", { className: "from" }, make("span", { "aria-label": say("madeFrom"), role: "img", textContent: "← " }), each.sources.map(origin).join(", ")) : null,
    all.length ? make("ul", { className: all.length > 1 ? "cells many" : "cells" }, ...some(all, 15, item => make("li", { className: marked.has(item) ? "used" : null }, cell(item, places.get(item), long(item))))) : null,
    job?.p ? make("p", { className: "prompt", dir: "auto", textContent: job.p }) : null);
};
const chain = () => {
  const start = relatives.get(chained) ?? { id: chained, job: jobs.find(job => job.id === chained), sources: [], users: [] };
  const steps = stepsOf(start);
  cells = steps.flat().flatMap(each => itemsOf(each.job));
  const places = new Map(cells.map((item, place) => [item, place]));
  const members = new Set(steps.flat());
  const list = make("ol", { className: "steps" }, ...some([...steps.entries()], 30, ([index, step]) => make("li", {},
    make("h3", { textContent: say("step", { n: index + 1 }) }),
    make("ul", {}, ...some(step, 30, each => station(each, places, members))))));
  list.style.setProperty("--steps", steps.length);
  $("chain").replaceChildren(make("h2", { textContent: say("chainOf", { id: chained }) }), list);
  summarize(cells);
};
/// The nearest picture in the direction of an arrow, wherever the steps are.
const beside = (from, key) => {
  const middle = element => { const box = element.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; };
  const [x, y] = middle(from);
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  let best = null, least = Infinity;
  for (const each of $("chain").querySelectorAll(".cell")) {
    const [a, b] = middle(each);
    const [along, aside] = key === "ArrowLeft" || key === "ArrowRight" ? [(a - x) * sign, Math.abs(b - y)] : [(b - y) * sign, Math.abs(a - x)];
    if (along > 4 && along + aside * 3 < least) { best = each; least = along + aside * 3; }
  }
  best?.focus();
};

// One picture, large. It may be one that the list does not have: a source, or what is made from it.
let open = null;
let last = 0;
const list = () => mode === "pictures" ? shown : cells;
const walk = step => {
  const place = list().indexOf(open);
  show(list()[Math.max(0, Math.min(list().length - 1, place === -1 ? last : place + step))]);
};
const pickOf = item => item?.file ? `jobctl pick ${item.job.id} ${item.file.n}` : undefined;
const copy = async (command, note = say("copied")) => {
  if (!command) return toast(say("noCommand"));
  try { await navigator.clipboard.writeText(command); } catch {
    const area = make("textarea", { value: command, readOnly: true });
    ($("view").open ? $("view") : document.body).append(area);
    const before = document.activeElement;
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    before?.focus();
    if (!isDone) return toast(say("noCopy"));
  }
  toast(note);
};
const copyPick = item => isPicked(item) ? toast(say("picked")) : item?.file && copy(pickOf(item), `${say("copied")}: ${pickOf(item)}`);
const chainAddress = item => item && relatives.has(item.job.id) ? `#chain=${item.job.id}` : null;
const goToChain = item => {
  const address = chainAddress(item);
  if (!address) return item && toast(say("noChain"));
  if (location.hash === address) $("view").close(); else location.hash = address;
};
const thumbnail = item => make("li", {}, liven(make("button", { className: "face", "aria-label": long(item), title: item.prompt, onclick: () => { show(item); $("about").focus(); } },
  make("span", { className: "frame" }, ...face(item), star(item)), make("small", { textContent: short(item) }))));
/// The picture's place in its chain: what it is made from, and what is made from it.
const kin = item => {
  const own = relatives.get(item.job.id);
  if (!own) return [];
  const hasPick = itemsOf(item.job).some(isPicked);
  const users = own.users.filter(link => !item.file || takes(link, item) || (link.outputs === "pick" && !hasPick));
  const part = (title, links, end, files) => {
    const entries = links.flatMap(link => link[end].job ? files(link) : [link]);
    return entries.length ? [make("h3", { textContent: say(title) }), make("ul", { className: "faces" }, ...some([...new Set(entries)], 12, entry => entry.job ? thumbnail(entry)
      : make("li", { className: "absent" }, say("jobNumber", { id: entry[end].id }), make("small", { textContent: absence(entry[end], entry) }))))] : [];
  };
  return [
    ...part("madeFrom", own.sources, "source", link => itemsOf(link.source.job).filter(each => takes(link, each))),
    ...part("usedBy", users, "user", link => itemsOf(link.user.job)),
    make("p", { className: "actions" }, make("a", { href: chainAddress(item), textContent: say("showChain"), "aria-keyshortcuts": "l", onclick: event => { event.preventDefault(); goToChain(item); } }))];
};
/// Whether it is picked, or the command that picks it.
const picking = item => {
  if (!item.file) return null;
  if (isPicked(item)) return make("p", { className: "pick" }, make("span", { className: "star", "aria-hidden": "true", textContent: "★" }), " ", say("picked"));
  const others = itemsOf(item.job).filter(isPicked);
  return make("div", { className: "pick" },
    make("code", { textContent: pickOf(item) }), make("button", { textContent: say("copyPick"), "aria-keyshortcuts": "p", onclick: () => copyPick(item) }),
    others.length ? make("small", { textContent: say("pickReplaces", { list: others.map(short).join(", ") }) }) : null);
};
/// A file whose type a browser shows and never runs opens in it; any other is saved.
const isShown = file => /^(image\/(png|jpeg|webp|gif|avif|bmp)|video\/|audio\/)/.test(file.t);
const show = item => {
  if (!item) return;
  open = item;
  const place = list().indexOf(item);
  if (place !== -1) last = place;
  const { job, file, prompt } = item;
  const stage = $("stage");
  stage.className = "";
  if (file?.k === "image") {
    const image = make("img", { alt: prompt, src: file.th ?? file.u, width: file.w, height: file.h });
    image.onclick = () => stage.classList.toggle("actual");
    const gone = () => { if (image.isConnected) stage.replaceChildren(make("p", { textContent: say("goneAgain") })); };
    if (file.th) {
      const whole = make("img", { src: file.u });
      whole.onload = () => { image.src = file.u; };
      whole.onerror = gone;
    } else image.onerror = gone;
    stage.replaceChildren(image);
  } else if (file?.k === "video" || file?.k === "audio") {
    stage.replaceChildren(make(file.k, { controls: true, loop: file.k === "video", autoplay: !still.matches, playsInline: true, preload: "metadata", src: file.u, "aria-label": prompt }));
  } else stage.replaceChildren(make("div", {}, ...face(item)));
  const facts = [[say("error"), job.e], [say("model"), job.m], [say("label"), job.l], [say("state"), state(job)],
    ...job.in.filter(([, value]) => value !== job.p), [say("cost"), money(job)], [say("enqueued"), time(job.at)], [say("ended"), time(job.end)],
    [say("size"), file && [file.w && `${file.w} × ${file.h}`, file.d && span(file.d), size(file.b)].filter(Boolean).join(" · ")], [say("path"), file?.path],
    [say("job"), item.of > 1 ? say("jobPlace", { id: job.id, n: file.n, count: item.of }) : `${job.id}`]];
  $("about").replaceChildren(
    make("p", { className: "prompt", dir: "auto", textContent: prompt }),
    make("div", { className: "actions" },
      job.cmd ? make("button", { className: "main", textContent: say("copy"), "aria-keyshortcuts": "c", onclick: () => copy(job.cmd) }) : null,
      file ? make("a", { href: file.u, target: "_blank", rel: "noopener", textContent: isShown(file) ? say("openFile") : say("saveFile"), download: isShown(file) ? null : "", "aria-keyshortcuts": "o" }) : null),
    picking(item),
    ...kin(item),
    make("dl", {}, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [make("dt", { textContent: key }), make("dd", { dir: "auto", textContent: value })])),
    ...(job.cmd ? [make("pre", { role: "group", textContent: job.cmd, tabIndex: 0, "aria-label": say("command") })] : []));
  $("about").scrollTop = 0;
  $("previous").disabled = place === 0;
  $("next").disabled = place === list().length - 1;
  if (!$("view").open) { $("view").showModal(); $("close").focus(); }
};
$("view").onclose = () => {
  // Another picture was opened before this was said.
  if ($("view").open) return;
  $("stage").replaceChildren();
  document.body.append($("toast"));
  const place = list().indexOf(open);
  if (mode === "pictures") go(last); else $(mode).querySelector(`[data-place="${place === -1 ? last : place}"]`)?.focus();
};
$("view").onclick = event => { if (event.target.id === "stage") $("view").close(); };
$("previous").onclick = () => walk(-1);
$("next").onclick = () => walk(1);
$("close").onclick = () => $("view").close();

// The keys.
const help = [["/", "keySearch"], ["← → ↑ ↓", "keyMove"], ["Home End", "keyEnds"], ["Enter", "keyLarge"], ["Esc", "keyBack"], ["c", "keyCopy"], ["p", "keyPick"], ["l", "keyChain"], ["o", "keyOpen"], ["z", "keyOwnSize"], ["m", "keyCompare"], ["s", "keyOrder"], ["t", "keyTheme"]];
$("keys").querySelector("dl").append(...help.flatMap(([key, meaning]) => [make("dt", {}, ...key.split(" ").flatMap(part => [make("kbd", { textContent: part }), " "])), make("dd", { textContent: say(meaning) })]));
$("keys-close").onclick = () => $("keys").close();
$("help").onclick = () => $("keys").showModal();
const themes = ["auto", "dark", "light"];
let theme = "auto";
const dress = next => {
  theme = next;
  document.documentElement.dataset.theme = theme;
  $("theme").setAttribute("aria-label", $("theme").title = say({ auto: "coloursAuto", dark: "coloursDark", light: "coloursLight" }[theme]));
  try { localStorage.setItem("jobd-gallery-theme", theme); } catch { /* forgotten with the page */ }
};
try { theme = localStorage.getItem("jobd-gallery-theme") ?? theme; } catch { /* as the system */ }
dress(themes.includes(theme) ? theme : "auto");
$("theme").onclick = () => dress(themes[(themes.indexOf(theme) + 1) % 3]);
const view = next => {
  mode = next;
  $("search").hidden = mode === "chain";
  $("axes").hidden = mode !== "compare";
  for (const each of ["pictures", "compare", "chain"]) {
    $(each).hidden = each !== mode;
    $("show-" + each).setAttribute("aria-pressed", each === mode);
  }
  $("show-chain").hidden = mode !== "chain";
  scrollTo(0, 0);
  $("chain").replaceChildren();
  if (mode !== "chain") return filter();
  $("nothing").hidden = true;
  chain();
};
const turn = next => {
  const wasChain = mode === "chain";
  view(next);
  remember();
  if (wasChain) comeBack();
};
/// Back from a chain, the picture has the focus that was looked at last.
const comeBack = () => {
  const place = shown.indexOf(open);
  if (mode === "pictures" && place !== -1) go(place);
};
$("show-pictures").onclick = () => turn("pictures");
$("show-compare").onclick = () => turn("compare");
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("keys").open) return;
  const target = event.target;
  if (target.id === "words" && event.key === "ArrowDown" && shown.length && mode === "pictures") { event.preventDefault(); return go(0); }
  if (target.id === "words" && event.key === "Escape") { target.value = ""; filter(); remember(); return target.blur(); }
  if (target.matches("input, select, textarea")) return;
  const isLarge = $("view").open;
  const isList = mode === "pictures";
  const item = isLarge ? open : isList ? shown[current] : cells[target.dataset.place];
  const isMedia = target.matches("video, audio, pre, #about");
  const move = mode === "compare" ? step : beside;
  const act = {
    ArrowRight: () => isLarge ? walk(1) : !isList ? move(target, event.key) : go(document.activeElement.matches(".card") ? current + 1 : current),
    ArrowLeft: () => isLarge ? walk(-1) : !isList ? move(target, event.key) : go(current - 1),
    ArrowDown: () => isLarge ? walk(1) : !isList ? move(target, event.key) : vertical(1),
    ArrowUp: () => isLarge ? walk(-1) : !isList ? move(target, event.key) : vertical(-1),
    Home: () => isLarge ? show(list()[0]) : isList ? go(0) : $(mode).querySelector(".cell")?.focus(),
    End: () => isLarge ? show(list().at(-1)) : isList ? go(shown.length - 1) : [...$(mode).querySelectorAll(".cell")].at(-1)?.focus(),
    c: () => copy(item?.job.cmd),
    p: () => copyPick(item),
    l: () => goToChain(item),
    o: () => item?.file && (isLarge ? $("about").querySelector(".actions a").click() : isShown(item.file) && window.open(item.file.u, "_blank", "noopener")),
    z: () => isLarge && $("stage").classList.toggle("actual"),
  }[event.key];
  const onPage = { "/": () => $("words").select(), m: () => turn(mode === "compare" ? "pictures" : "compare"), Escape: mode === "chain" ? () => turn("pictures") : null, s: () => { $("order").selectedIndex = ($("order").selectedIndex + 1) % 3; filter(); remember(); }, t: () => dress(themes[(themes.indexOf(theme) + 1) % 3]), "?": () => $("keys").showModal() }[event.key];
  const isArrow = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  if (isArrow && (isMedia || (!isLarge && (!isList ? !target.matches(".cell") : target.matches("button:not(.card)") || !shown.length)))) return;
  // Where nothing has been chosen yet, up and down scroll the page.
  if (isArrow && !isLarge && target === document.body && event.key !== "ArrowRight") return;
  const run = act ?? (isLarge ? null : onPage);
  if (!run) return;
  event.preventDefault();
  run();
});
addEventListener("click", event => {
  const button = event.target.closest?.(".card, .cell");
  if (!button) return;
  const place = Number(button.dataset.index ?? button.dataset.place);
  if (mode === "pictures") current = place;
  show(list()[place]);
});
let drawing = 0;
addEventListener("scroll", () => { drawing ||= requestAnimationFrame(() => { drawing = 0; draw(); }); }, { passive: true });
let width = 0;
new ResizeObserver(() => {
  if (mode !== "pictures" || $("pictures").clientWidth === width) return;
  width = $("pictures").clientWidth;
  arrange();
}).observe($("pictures"));
let typing;
$("words").oninput = () => { clearTimeout(typing); typing = setTimeout(() => { scrollTo(0, 0); filter(); remember(); }, 80); };
for (const id of ["model", "label", "state", "kind", "pick", "order"]) $(id).onchange = () => { scrollTo(0, 0); filter(); remember(); };
for (const id of ["rows", "columns"]) $(id).onchange = () => {
  for (const each of ["rows", "columns"]) $(each).dataset.chosen = $(each).value;
  if ($("rows").value === $("columns").value) $(id === "rows" ? "columns" : "rows").dataset.chosen = "";
  compare();
  remember();
};
$("filters").onclick = () => $("filters").setAttribute("aria-expanded", $("choices").classList.toggle("open"));
$("clear").onclick = () => { for (const id of ["words", "model", "label", "state", "kind", "pick"]) $(id).value = remembered[id]; filter(); remember(); };
const start = () => {
  const address = recall();
  if (mode !== "chain") for (const id of ["rows", "columns"]) $(id).dataset.chosen = address.get(id) ?? "";
  if ($("view").open) $("view").close();
  view(mode);
};
addEventListener("hashchange", () => { start(); comeBack(); });
start();
})();
