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
for (const job of jobs) {
  const prompt = job.p ?? job.e ?? say("jobNumber", { id: job.id });
  job.values = new Map(job.in);
  job.seed = job.values.get("seed");
  job.short = job.m.split("/").slice(1).join("/") || job.m;
  for (const file of job.f.length ? job.f : [null]) {
    items.push({ job, file, prompt, kind: file ? file.k : "none", of: job.f.length });
  }
}
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
const choices = { model: ["allModels", i => i.job.m], label: ["allLabels", i => i.job.l ?? ""], state: ["allStates", i => i.job.s], kind: ["allKinds", i => i.kind] };
for (const [id, [all, value]] of Object.entries(choices)) {
  const counts = new Map();
  for (const item of items) counts.set(value(item), (counts.get(value(item)) ?? 0) + 1);
  const name = word => (id === "kind" || id === "state" ? named(word) : word) || say("noLabel");
  $(id).append(make("option", { value: "*", textContent: say(all) }));
  for (const word of [...counts.keys()].sort()) {
    $(id).append(make("option", { value: "=" + word, textContent: `${name(word)} (${number.format(counts.get(word))})` }));
  }
  $(id).hidden = counts.size < 2;
}
const text = item => item.text ??= [item.prompt, item.job.m, item.job.l, item.job.id, item.job.e, item.file?.path, ...item.job.values.values()].join("\n").toLowerCase();
let shown = [];
let comparing = false;
const remembered = { words: "", model: "*", label: "*", state: "*", kind: "*", order: "new", rows: "", columns: "" };
const remember = () => {
  const address = new URLSearchParams();
  for (const [id, usual] of Object.entries(remembered)) if ($(id).value && $(id).value !== usual) address.set(id, $(id).value);
  if (comparing) address.set("view", "compare");
  try { history.replaceState(null, "", "#" + address); } catch { /* the page works without */ }
};
const recall = () => {
  const address = new URLSearchParams(location.hash.slice(1));
  for (const [id, usual] of Object.entries(remembered)) {
    $(id).value = address.get(id) ?? usual;
    if ($(id).selectedIndex === -1) $(id).value = usual;
  }
  comparing = address.get("view") === "compare";
  return address;
};
const filter = () => {
  const words = $("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = Object.entries(choices).filter(([id]) => $(id).value !== "*").map(([id, [, value]]) => [value, $(id).value.slice(1)]);
  shown = items.filter(item => tests.every(([value, wanted]) => value(item) === wanted) && words.every(word => text(item).includes(word)));
  if ($("order").value === "old") shown.reverse();
  if ($("order").value === "cost") shown = shown.map((item, place) => [item, place]).sort(([a, x], [b, y]) => (b.job.usd ?? 0) - (a.job.usd ?? 0) || x - y).map(([item]) => item);
  const paid = new Map(shown.map(item => [item.job.id, item.job]));
  const sum = [...paid.values()].reduce((total, job) => total + (job.usd ?? 0), 0);
  const counts = say("count", { files: plural(shown.length, "files"), jobs: plural(paid.size, "jobs") });
  $("count").textContent = [counts, sum && money({ usd: sum, est: [...paid.values()].some(job => job.est) })].filter(Boolean).join(" · ");
  const active = Object.keys(choices).filter(id => $(id).value !== "*").length;
  $("filters").textContent = active ? say("filtersOn", { count: active }) : say("filters");
  $("nothing").hidden = shown.length > 0;
  current = 0;
  if (comparing) compare(); else { arrange(); }
};

// One picture, small: in the list and in the table.
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
    make("span", { className: "frame" }, ...face(item)),
    make("span", { className: "words", dir: "auto", textContent: item.prompt, "aria-hidden": "true" }),
    make("span", { className: "meta", textContent: about.filter(Boolean).join(" · ") })));
  const element = make("div", { className: "item", role: "listitem", "aria-setsize": shown.length, "aria-posinset": index + 1 }, button);
  Object.assign(element.style, { left: `${left}px`, width: `${width}px`, top: `${row.top}px`, height: `${row.height}px` });
  return element;
};
const draw = () => {
  if (comparing || !rows.length) return;
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
      const button = liven(make("button", { className: "cell", "data-place": cells.length - 1, "aria-haspopup": "dialog" }, ...face(item)));
      button.style.setProperty("--shape", item.file?.w && item.file?.h ? item.file.w / item.file.h : 1);
      return button;
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

// One picture, large.
let open = null;
const list = () => comparing ? cells : shown;
const copy = async item => {
  const command = item?.job.cmd;
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
  toast(say("copied"));
};
/// A file whose type a browser shows and never runs opens in it; any other is saved.
const isShown = file => /^(image\/(png|jpeg|webp|gif|avif|bmp)|video\/|audio\/)/.test(file.t);
const show = place => {
  open = Math.max(0, Math.min(list().length - 1, place));
  const item = list()[open];
  if (!item) return;
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
      job.cmd ? make("button", { className: "main", textContent: say("copy"), "aria-keyshortcuts": "c", onclick: () => copy(item) }) : null,
      file ? make("a", { href: file.u, target: "_blank", rel: "noopener", textContent: isShown(file) ? say("openFile") : say("saveFile"), download: isShown(file) ? null : "", "aria-keyshortcuts": "o" }) : null),
    make("dl", {}, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [make("dt", { textContent: key }), make("dd", { dir: "auto", textContent: value })])),
    ...(job.cmd ? [make("pre", { role: "group", textContent: job.cmd, tabIndex: 0, "aria-label": say("command") })] : []));
  $("about").scrollTop = 0;
  $("previous").disabled = open === 0;
  $("next").disabled = open === list().length - 1;
  if (!$("view").open) { $("view").showModal(); $("close").focus(); }
};
$("view").onclose = () => {
  $("stage").replaceChildren();
  document.body.append($("toast"));
  if (comparing) document.querySelector(`[data-place="${open}"]`)?.focus(); else go(open);
};
$("view").onclick = event => { if (event.target.id === "stage") $("view").close(); };
$("previous").onclick = () => show(open - 1);
$("next").onclick = () => show(open + 1);
$("close").onclick = () => $("view").close();

// The keys.
const help = [["/", "keySearch"], ["← → ↑ ↓", "keyMove"], ["Home End", "keyEnds"], ["Enter", "keyLarge"], ["Esc", "keyBack"], ["c", "keyCopy"], ["o", "keyOpen"], ["z", "keyOwnSize"], ["m", "keyCompare"], ["s", "keyOrder"], ["t", "keyTheme"]];
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
const view = isTable => {
  comparing = isTable;
  $("pictures").hidden = comparing;
  $("compare").hidden = $("axes").hidden = !comparing;
  $("show-pictures").setAttribute("aria-pressed", !comparing);
  $("show-compare").setAttribute("aria-pressed", comparing);
  scrollTo(0, 0);
  filter();
};
$("show-pictures").onclick = () => { view(false); remember(); };
$("show-compare").onclick = () => { view(true); remember(); };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("keys").open) return;
  const target = event.target;
  if (target.id === "words" && event.key === "ArrowDown" && shown.length && !comparing) { event.preventDefault(); return go(0); }
  if (target.id === "words" && event.key === "Escape") { target.value = ""; filter(); remember(); return target.blur(); }
  if (target.matches("input, select, textarea")) return;
  const isLarge = $("view").open;
  const item = isLarge ? list()[open] : comparing ? cells[target.dataset.place] : shown[current];
  const isMedia = target.matches("video, audio, pre, #about");
  const act = {
    ArrowRight: () => isLarge ? show(open + 1) : comparing ? step(target, event.key) : go(document.activeElement.matches(".card") ? current + 1 : current),
    ArrowLeft: () => isLarge ? show(open - 1) : comparing ? step(target, event.key) : go(current - 1),
    ArrowDown: () => isLarge ? show(open + 1) : comparing ? step(target, event.key) : vertical(1),
    ArrowUp: () => isLarge ? show(open - 1) : comparing ? step(target, event.key) : vertical(-1),
    Home: () => isLarge ? show(0) : go(0),
    End: () => isLarge ? show(list().length - 1) : go(shown.length - 1),
    c: () => copy(item),
    o: () => item?.file && (isLarge ? $("about").querySelector(".actions a").click() : isShown(item.file) && window.open(item.file.u, "_blank", "noopener")),
    z: () => isLarge && $("stage").classList.toggle("actual"),
  }[event.key];
  const onPage = { "/": () => $("words").select(), m: () => { view(!comparing); remember(); }, s: () => { $("order").selectedIndex = ($("order").selectedIndex + 1) % 3; filter(); remember(); }, t: () => dress(themes[(themes.indexOf(theme) + 1) % 3]), "?": () => $("keys").showModal() }[event.key];
  const isArrow = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  if (isArrow && (isMedia || (!isLarge && (comparing ? !target.matches(".cell") : target.matches("button:not(.card)") || !shown.length)))) return;
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
  if (!comparing) current = place;
  show(place);
});
let drawing = 0;
addEventListener("scroll", () => { drawing ||= requestAnimationFrame(() => { drawing = 0; draw(); }); }, { passive: true });
let width = 0;
new ResizeObserver(() => {
  if (comparing || $("pictures").clientWidth === width) return;
  width = $("pictures").clientWidth;
  arrange();
}).observe($("pictures"));
let typing;
$("words").oninput = () => { clearTimeout(typing); typing = setTimeout(() => { scrollTo(0, 0); filter(); remember(); }, 80); };
for (const id of ["model", "label", "state", "kind", "order"]) $(id).onchange = () => { scrollTo(0, 0); filter(); remember(); };
for (const id of ["rows", "columns"]) $(id).onchange = () => {
  for (const each of ["rows", "columns"]) $(each).dataset.chosen = $(each).value;
  if ($("rows").value === $("columns").value) $(id === "rows" ? "columns" : "rows").dataset.chosen = "";
  compare();
  remember();
};
$("filters").onclick = () => $("filters").setAttribute("aria-expanded", $("choices").classList.toggle("open"));
$("clear").onclick = () => { for (const id of ["words", "model", "label", "state", "kind"]) $(id).value = remembered[id]; filter(); remember(); };
const start = () => {
  const address = recall();
  for (const id of ["rows", "columns"]) $(id).dataset.chosen = address.get(id) ?? "";
  view(comparing);
};
addEventListener("hashchange", start);
start();
})();
