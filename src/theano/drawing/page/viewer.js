"use strict";
// Draws the graph in #graph into #canvas: zoom, drag, fold and unfold, search, details, colours by time or memory.

const SVG = "http://www.w3.org/2000/svg";
const LONGEST = 44, LINE = 28, PAD = { x: 16, top: 34, bottom: 16 };
const ROLES = { input: "input", shared: "shared variable", constant: "constant", variable: "result", apply: "operation",
                output: "output" };
const $ = id => document.getElementById(id);
const model = JSON.parse($("graph").textContent);
const canvas = $("canvas"), scene = make("g", canvas), areas = make("g", scene), lines = make("g", scene), dots = make("g", scene);
const view = { x: 0, y: 0, scale: 1 };
const ruler = document.createElement("canvas").getContext("2d");
ruler.font = "13px system-ui, sans-serif";
const everything = [], every = [];      // all nodes and all graphs, those inside ops too
let colour = "kind", most = 0, chosen = null, hits = [], hit = -1;

function make(name, parent, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

// -- the model ---------------------------------------------------------------------------------------------

function prepare(graph, holder) {
  every.push(graph);
  graph.holder = holder;
  graph.byId = new Map();
  graph.touching = new Map(graph.nodes.map(node => [node.id, []]));
  for (const edge of graph.edges) for (const id of new Set([edge.source, edge.target])) graph.touching.get(id).push(edge);
  shift(graph);
  for (const node of graph.nodes) {
    Object.assign(node, { graph, open: false, uid: everything.length, text: shorten(node.label) });
    node.haystack = [node.label, ...node.details.map(pair => pair[1])].join("\n").toLowerCase();
    graph.byId.set(node.id, node);
    everything.push(node);
    if (node.inner) prepare(node.inner, node);
  }
}

// Edges that come to one node end side by side, in the order of their arguments: where, from -0.5 to 0.5.
function shift(graph) {
  const arriving = new Map();
  for (const edge of graph.edges) if (edge.arguments.length) arriving.set(edge.target, [...arriving.get(edge.target) || [], edge]);
  for (const all of arriving.values()) {
    all.sort((a, b) => a.arguments[0] - b.arguments[0]);
    all.forEach((edge, k) => { [edge.shift, edge.beside] = all.length < 2 ? [0, 1] : [k / (all.length - 1) - 0.5, all.length]; });
  }
}

const shorten = text => text.length <= LONGEST ? text : text.slice(0, LONGEST - 1) + "…";
const unfolded = node => node.inner && node.open;

function visible(node) {
  for (let holder = node.graph.holder; holder; holder = holder.graph.holder) if (!holder.open) return false;
  return true;
}

// Where a node is in the scene; nodes inside an op move with it.
function at(node) {
  let x = node.x, y = node.y;
  for (let holder = node.graph.holder; holder; holder = holder.graph.holder) {
    x += holder.x - holder.width / 2 + PAD.x;
    y += holder.y - holder.height / 2 + PAD.top;
  }
  return { x, y };
}

// What an edge really starts and ends at where the ops at its ends are unfolded.
function ends(edge, graph) {
  const source = graph.byId.get(edge.source), target = graph.byId.get(edge.target);
  const inside = unfolded(source) && source.inner.byId.get(source.inner.results[edge.out]);
  const fed = unfolded(target)
    ? Object.entries(target.inner.feeds).filter(([, places]) => places.some(p => edge.arguments.includes(p)))
        .map(([id]) => target.inner.byId.get(Number(id))) : [];
  return { source: inside || source, targets: fed.length ? fed : [target] };
}

// -- sizes and places --------------------------------------------------------------------------------------

function measure(graph) {
  for (const node of graph.nodes) {
    if (unfolded(node)) {
      const inner = measure(node.inner);
      node.width = Math.max(inner.width + 2 * PAD.x, 1.15 * ruler.measureText(node.text).width + 2 * PAD.x);
      node.height = inner.height + PAD.top + PAD.bottom;
    } else {
      node.width = Math.max(ruler.measureText(node.text).width + (node.kind === "apply" ? 30 : 18), 36);
      node.height = LINE;
    }
  }
  return layout(graph);
}

// -- drawing -----------------------------------------------------------------------------------------------

// A graph of many nodes is drawn as far as it is in view, and in a few large shapes where that is still too much to read.
const MANY = 1200, READABLE = 500;
let windowed = false, waiting = 0;

function draw() {
  for (const layer of [areas, lines, dots]) layer.replaceChildren();
  for (const node of everything) node.element = null;
  const graphs = openGraphs(), nodes = graphs.flatMap(graph => graph.nodes);
  windowed = nodes.length > MANY;
  const seen = windowed ? inView() : null;
  const near = seen ? nodes.filter(node => touches(box(node), seen)) : nodes;
  const overview = windowed && near.length > READABLE;
  if (overview) drawOverview(graphs, nodes);
  else {
    near.forEach(drawNode);
    for (const graph of graphs) for (const edge of graph.edges) drawEdge(edge, graph, seen);
  }
  $("note").hidden = !overview;
  $("note").textContent = `${nodes.length} nodes: zoom in or search to read them`;
  paint();
  mark();
}

// Draw what came into view, at most once for each picture on the screen.
function refresh() {
  if (windowed && !waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); });
}

// The graph itself, and those in unfolded ops.
function openGraphs() {
  const found = [model.graph];
  for (let k = 0; k < found.length; k++) for (const node of found[k].nodes) if (unfolded(node)) found.push(node.inner);
  return found;
}

// What is in view, and a little more, in the coordinates of the scene.
function inView() {
  const { width, height } = canvas.getBoundingClientRect();
  return { left: (-view.x - 0.2 * width) / view.scale, right: (1.2 * width - view.x) / view.scale,
           top: (-view.y - 0.2 * height) / view.scale, bottom: (1.2 * height - view.y) / view.scale };
}

function box(node) {
  const { x, y } = at(node), [w, h] = [node.width / 2, node.height / 2];
  return { left: x - w, right: x + w, top: y - h, bottom: y + h };
}

const touches = (a, b) => a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;

function drawOverview(graphs, nodes) {
  const shapes = new Map(), paths = new Map();
  for (const node of nodes) {
    const key = `${unfolded(node) ? "unfolded " : ""}${node.kind}\n${tint(node)}`;
    if (!shapes.has(key)) shapes.set(key, []);
    const { left, top } = box(node);
    shapes.get(key).push(`M${left},${top}h${node.width}v${node.height}h${-node.width}z`);
  }
  for (const graph of graphs) for (const edge of graph.edges) {
    if (!paths.has(edge.kind)) paths.set(edge.kind, []);
    for (const [source, target] of connected(edge, graph)) paths.get(edge.kind).push(pathOf(edge, graph, source, target));
  }
  for (const [kind, texts] of paths) make("path", lines, { class: `edge ${kind} overview`, d: texts.join("") });
  for (const [key, texts] of shapes) {
    const [kind, fill] = key.split("\n"), group = make("g", kind.startsWith("unfolded") ? areas : dots, { class: kind });
    make("path", group, { class: "shape", d: texts.join("") }).style.fill = fill;
  }
}

function drawNode(node) {
  const group = node.element = make("g", unfolded(node) ? areas : dots, { "data-uid": node.uid });
  group.setAttribute("class", ["node", node.kind, node.inner && "inner", unfolded(node) && "unfolded"].filter(Boolean).join(" "));
  const [w, h] = [node.width, node.height];
  const round = node.kind === "apply" && !unfolded(node);
  make("rect", group, { class: "shape", x: -w / 2, y: -h / 2, width: w, height: h, rx: round ? h / 2 : 5 });
  const text = make("text", group, unfolded(node) ? { x: -w / 2 + 10, y: -h / 2 + 15 } : {});
  text.textContent = node.text;
  move(node);
}

function move(node) {
  if (!node.element) return;
  const { x, y } = at(node);
  node.element.setAttribute("transform", `translate(${x},${y})`);
}

// Pairs of the nodes that an edge joins on the screen.
function connected(edge, graph) {
  const found = ends(edge, graph);
  return found.targets.map(target => [found.source, target]);
}

function drawEdge(edge, graph, seen) {
  edge.paths = [];
  for (const [source, target] of connected(edge, graph)) {
    if (seen && !touches(around(source, target), seen)) continue;
    const hitArea = make("path", lines, { class: "hit" });
    const path = make("path", lines, { class: `edge ${edge.kind}`, "marker-end": `url(#arrow-${edge.kind || "plain"})` });
    hitArea.addEventListener("pointermove", event => tip(event, edgeText(edge)));
    hitArea.addEventListener("pointerleave", () => tip(null));
    edge.paths.push({ source, target, elements: [hitArea, path] });
  }
  route(edge, graph);
}

function around(source, target) {
  const [a, b] = [box(source), box(target)];
  return { left: Math.min(a.left, b.left), right: Math.max(a.right, b.right), top: Math.min(a.top, b.top),
           bottom: Math.max(a.bottom, b.bottom) };
}

function edgeText(edge) {
  const what = { inplace: "\noverwritten by its user", view: "\nits user returns a view of it", "": "" }[edge.kind];
  const where = edge.arguments.length ? `\nargument ${edge.arguments.join(", ")}` : "";
  return edge.label + where + what;
}

function route(edge, graph) {
  for (const { source, target, elements } of edge.paths || []) {
    const path = pathOf(edge, graph, source, target);
    for (const element of elements) element.setAttribute("d", path);
  }
}

function pathOf(edge, graph, source, target) {
  const a = at(source), b = at(target);
  const from = { x: a.x, y: a.y + (unfolded(source) ? source.height / 2 : LINE / 2) };
  const to = { x: b.x + spread(edge, target, graph), y: b.y - (unfolded(target) ? target.height / 2 : LINE / 2) - 3 };
  const origin = graph.holder ? corner(graph.holder) : { x: 0, y: 0 };
  const between = edge.straight || !edge.points ? [] : edge.points.map(p => ({ x: p.x + origin.x, y: p.y + origin.y }));
  return curve([from, ...between, to]);
}

function corner(holder) {
  const { x, y } = at(holder);
  return { x: x - holder.width / 2 + PAD.x, y: y - holder.height / 2 + PAD.top };
}

function spread(edge, target, graph) {
  return target.graph === graph && edge.beside > 1 ? edge.shift * Math.min(target.width * 0.6, 14 * edge.beside) : 0;
}

function curve(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let k = 1; k < points.length; k++) {
    const [a, b] = [points[k - 1], points[k]], half = (a.y + b.y) / 2;
    path += `C${a.x},${half} ${b.x},${half} ${b.x},${b.y}`;
  }
  return path;
}

const measured = node => colour === "time" ? node.seconds : node.nbytes;

// The colour of a node by what was measured of it; "" where its role says it.
function tint(node) {
  if (colour === "kind" || measured(node) == null || !most) return "";
  return `color-mix(in srgb, var(--inplace) ${Math.round(100 * measured(node) / most)}%, var(--paper))`;
}

function paint() {
  for (const node of everything) if (node.element) node.element.querySelector(".shape").style.fill = tint(node);
}

function mark() {
  const found = new Set(hits.map(shownFor));
  for (const node of everything) if (node.element) {
    node.element.classList.toggle("found", found.has(node));
    node.element.classList.toggle("chosen", node === chosen);
  }
}

// The node itself, or the folded op that hides it.
function shownFor(node) {
  let shown = node;
  for (let holder = node.graph.holder; holder; holder = holder.graph.holder) if (!holder.open) shown = holder;
  return shown;
}

// -- the view ----------------------------------------------------------------------------------------------

function apply() {
  scene.setAttribute("transform", `translate(${view.x},${view.y}) scale(${view.scale})`);
  refresh();
}

function fit() {
  const box = canvas.getBoundingClientRect(), { width, height } = model.graph.size;
  const free = box.width - $("details").offsetWidth;
  view.scale = Math.min(1.6, (free - 40) / Math.max(width, 1), (box.height - 70) / Math.max(height, 1));
  view.x = (free - width * view.scale) / 2;
  view.y = Math.max(20, (box.height - 50 - height * view.scale) / 2);
  apply();
}

function zoom(factor, x, y) {
  const scale = Math.min(6, Math.max(0.02, view.scale * factor));
  view.x = x - (x - view.x) * scale / view.scale;
  view.y = y - (y - view.y) * scale / view.scale;
  view.scale = scale;
  apply();
}

function centre(node) {
  const box = canvas.getBoundingClientRect(), { x, y } = at(node);
  view.scale = Math.max(view.scale, 0.8);
  view.x = box.width / 2 - x * view.scale;
  view.y = box.height / 2 - y * view.scale;
  apply();
}

function relayout(anchor = null) {
  const before = anchor && at(anchor);
  model.graph.size = measure(model.graph);
  for (const graph of every) for (const edge of graph.edges) edge.straight = false;
  draw();
  if (before) {
    const after = at(anchor);
    view.x += (before.x - after.x) * view.scale;
    view.y += (before.y - after.y) * view.scale;
    apply();
  }
}

function toggle(node) {
  if (!node.inner) return;
  node.open = !node.open;
  relayout(node);
  if (chosen) choose(visible(chosen) ? chosen : null);
}

function setAll(open) {
  for (const node of everything) if (node.inner) node.open = open;
  relayout();
  fit();
}

// -- details, tips, search ---------------------------------------------------------------------------------

function choose(node) {
  chosen = node;
  $("details").hidden = !node;
  if (node) {
    $("subject").textContent = node.label;
    $("facts").replaceChildren(...[["role", ROLES[node.kind]], ...node.details].flatMap(([what, text]) => {
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = what;
      value.textContent = text;
      return [term, value];
    }));
    if (node.inner) {
      const button = document.createElement("button");
      button.id = "inside";
      button.textContent = node.open ? "Hide the graph inside" : "Show the graph inside";
      button.addEventListener("click", () => toggle(node));
      const place = document.createElement("dd");
      place.style.marginTop = "12px";
      place.append(button);
      $("facts").append(place);
    }
  }
  mark();
}

function tip(event, text) {
  $("tip").hidden = !event;
  if (!event) return;
  const box = canvas.getBoundingClientRect();
  $("tip").textContent = text;
  $("tip").style.left = `${Math.max(0, Math.min(event.clientX - box.left + 14, box.width - $("tip").offsetWidth - 8))}px`;
  $("tip").style.top = `${Math.max(0, Math.min(event.clientY - box.top + 14, box.height - $("tip").offsetHeight - 8))}px`;
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  hits = words.length ? everything.filter(n => words.every(word => n.haystack.includes(word))) : [];
  hit = -1;
  $("found").textContent = words.length ? `${hits.length} found` : "";
  mark();
}

function nextHit(step) {
  if (!hits.length) return;
  hit = (hit + step + hits.length) % hits.length;
  const node = hits[hit];
  if (!visible(node)) {
    for (let holder = node.graph.holder; holder; holder = holder.graph.holder) holder.open = true;
    relayout();
  }
  choose(node);
  centre(node);
  $("found").textContent = `${hit + 1} of ${hits.length}`;
}

// -- events ------------------------------------------------------------------------------------------------

const nodeOf = event => {
  const group = event.target.closest && event.target.closest(".node");
  return group ? everything[group.dataset.uid] : null;
};
let drag = null;

canvas.addEventListener("pointerdown", event => {
  drag = { node: nodeOf(event), x: event.clientX, y: event.clientY, moved: false };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", event => {
  if (!drag) {
    const node = nodeOf(event);
    if (node) tip(event, [node.label, ...node.details.slice(node.kind === "apply" ? 2 : 0).map(([k, v]) => `${k}: ${v}`)].join("\n"));
    else if (!event.target.classList.contains("hit")) tip(null);
    return;
  }
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  Object.assign(drag, { moved: true, x: event.clientX, y: event.clientY });
  canvas.classList.add("moving");
  tip(null);
  if (drag.node) dragNode(drag.node, dx / view.scale, dy / view.scale);
  else {
    view.x += dx;
    view.y += dy;
    apply();
  }
});
canvas.addEventListener("pointerup", () => {
  if (drag && !drag.moved) {
    tip(null);
    choose(drag.node);
  }
  drag = null;
  canvas.classList.remove("moving");
});
canvas.addEventListener("dblclick", event => {
  const node = document.elementsFromPoint(event.clientX, event.clientY).map(e => e.closest(".node")).find(Boolean);
  const box = canvas.getBoundingClientRect();
  if (node) toggle(everything[node.dataset.uid]);
  else if (!$("note").hidden) zoom(4, event.clientX - box.left, event.clientY - box.top);
});
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  const box = canvas.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

function dragNode(node, dx, dy) {
  node.x += dx;
  node.y += dy;
  for (const edge of node.graph.touching.get(node.id)) edge.straight = true;
  move(node);
  if (unfolded(node)) redraw(node.inner);
  for (let near = node; near; near = near.graph.holder)       // an edge may end at a node inside of its own
    for (const edge of near.graph.touching.get(near.id)) route(edge, near.graph);
}

function redraw(graph) {
  for (const node of graph.nodes) {
    move(node);
    if (unfolded(node)) redraw(node.inner);
  }
  for (const edge of graph.edges) route(edge, graph);
}

$("fit").addEventListener("click", fit);
$("unfold").addEventListener("click", () => setAll(true));
$("fold").addEventListener("click", () => setAll(false));
$("reset").addEventListener("click", () => { relayout(); fit(); });
$("close").addEventListener("click", () => choose(null));
$("help").addEventListener("click", () => KEYS["?"]());
$("colour").addEventListener("change", event => {
  colour = event.target.value;
  most = everything.reduce((largest, node) => Math.max(largest, measured(node) || 0), 0);
  legend();
  if (windowed) draw();
  else paint();
});
$("search").addEventListener("input", event => search(event.target.value));
$("search").addEventListener("keydown", event => {
  if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
});
const STEP = 80;
const KEYS = {
  f: fit, u: () => setAll(true), c: () => setAll(false),
  "+": () => zoomCentre(1.25), "=": () => zoomCentre(1.25), "-": () => zoomCentre(0.8),
  ArrowLeft: () => pan(STEP, 0), ArrowRight: () => pan(-STEP, 0), ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP),
  n: () => nextHit(1), p: () => nextHit(-1), Enter: () => { if (chosen) toggle(chosen); },
  "?": () => { $("keys").hidden = !$("keys").hidden; },
};

function pan(dx, dy) {
  view.x += dx;
  view.y += dy;
  apply();
}

function zoomCentre(factor) {
  const box = canvas.getBoundingClientRect();
  zoom(factor, box.width / 2, box.height / 2);
}

document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    choose(null);
    $("keys").hidden = true;
    $("search").blur();
  } else if (!["INPUT", "SELECT"].includes(document.activeElement.tagName)) {
    if (event.key === "/") {
      event.preventDefault();
      $("search").focus();
    } else if (KEYS[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      KEYS[event.key]();
    }
  }
});
window.addEventListener("resize", apply);

// -- start -------------------------------------------------------------------------------------------------

function legend() {
  const used = Object.keys(ROLES).filter(kind => everything.some(n => n.kind === kind));
  const samples = used.map(kind => [ROLES[kind], `var(--${kind})`]);
  if (colour !== "kind") {
    const text = most ? `${colour} of an operation, from none to ${colour === "time" ? duration(most) : size(most)}` : `no ${colour} was measured`;
    samples[used.indexOf("apply")] = [text, "linear-gradient(90deg, var(--paper), var(--inplace))"];
  }
  const kinds = new Set(every.flatMap(graph => graph.edges.map(e => e.kind)));
  if (kinds.has("inplace")) samples.push(["overwritten by its user", "var(--inplace)"]);
  if (kinds.has("view")) samples.push(["its user returns a view of it", "var(--view)"]);
  $("legend").replaceChildren(...samples.map(([text, sample]) => {
    const item = document.createElement("span");
    item.textContent = text;
    item.style.setProperty("--sample", sample);
    return item;
  }));
}

function duration(seconds) {
  const [scale, unit] = seconds >= 1 ? [1, "s"] : seconds >= 1e-3 ? [1e3, "ms"] : [1e6, "us"];
  return `${(seconds * scale).toPrecision(3)} ${unit}`;
}

function size(bytes) {
  const power = bytes < 1024 ? 0 : bytes < 1048576 ? 1 : 2;
  return `${power ? (bytes / 1024 ** power).toPrecision(3) : bytes} ${["bytes", "KiB", "MiB"][power]}`;
}

function arrows() {
  const defs = make("defs", canvas);
  for (const [kind, ink] of [["plain", "faint"], ["inplace", "inplace"], ["view", "view"]]) {
    const marker = make("marker", defs, { id: `arrow-${kind}`, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 8,
                                          markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse" });
    make("path", marker, { d: "M0,0L8,4L0,8z", style: `fill:var(--${ink})` });
  }
}

prepare(model.graph, null);
$("title").textContent = model.name;
$("colouring").hidden = !everything.some(n => n.seconds != null);
for (const id of ["unfold", "fold"]) $(id).hidden = !everything.some(n => n.inner);
arrows();
legend();
relayout();
fit();
