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
const everything = [];                  // all nodes, those inside ops too
let colour = "kind", chosen = null, hits = [], hit = -1;

function make(name, parent, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

// -- the model ---------------------------------------------------------------------------------------------

function prepare(graph, holder) {
  graph.holder = holder;
  graph.byId = new Map();
  for (const node of graph.nodes) {
    Object.assign(node, { graph, open: false, uid: everything.length, text: shorten(node.label) });
    node.haystack = [node.label, ...node.details.map(pair => pair[1])].join("\n").toLowerCase();
    graph.byId.set(node.id, node);
    everything.push(node);
    if (node.inner) prepare(node.inner, node);
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

function draw() {
  for (const layer of [areas, lines, dots]) layer.replaceChildren();
  drawGraph(model.graph);
  paint();
  mark();
}

function drawGraph(graph) {
  for (const node of graph.nodes) {
    drawNode(node);
    if (unfolded(node)) drawGraph(node.inner);
  }
  for (const edge of graph.edges) drawEdge(edge, graph);
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
  const { x, y } = at(node);
  node.element.setAttribute("transform", `translate(${x},${y})`);
}

function drawEdge(edge, graph) {
  const found = ends(edge, graph);
  edge.paths = found.targets.map(target => {
    const hitArea = make("path", lines, { class: "hit" });
    const path = make("path", lines, { class: `edge ${edge.kind}`, "marker-end": `url(#arrow-${edge.kind || "plain"})` });
    hitArea.addEventListener("pointermove", event => tip(event, edgeText(edge)));
    hitArea.addEventListener("pointerleave", () => tip(null));
    return { source: found.source, target, elements: [hitArea, path] };
  });
  route(edge, graph);
}

function edgeText(edge) {
  const what = { inplace: "\noverwritten by its user", view: "\nits user returns a view of it", "": "" }[edge.kind];
  const where = edge.arguments.length ? `\nargument ${edge.arguments.join(", ")}` : "";
  return edge.label + where + what;
}

function route(edge, graph) {
  for (const { source, target, elements } of edge.paths) {
    const a = at(source), b = at(target);
    const from = { x: a.x, y: a.y + (unfolded(source) ? source.height / 2 : LINE / 2) };
    const to = { x: b.x + spread(edge, target, graph), y: b.y - (unfolded(target) ? target.height / 2 : LINE / 2) - 3 };
    const origin = graph.holder ? corner(graph.holder) : { x: 0, y: 0 };
    const between = edge.straight ? [] : edge.points.map(p => ({ x: p.x + origin.x, y: p.y + origin.y }));
    const path = curve([from, ...between, to]);
    for (const element of elements) element.setAttribute("d", path);
  }
}

function corner(holder) {
  const { x, y } = at(holder);
  return { x: x - holder.width / 2 + PAD.x, y: y - holder.height / 2 + PAD.top };
}

// Edges that come to one node end side by side, in the order of their arguments.
function spread(edge, target, graph) {
  if (target.graph !== graph || !edge.arguments.length) return 0;
  const all = graph.edges.filter(e => e.target === edge.target).sort((a, b) => a.arguments[0] - b.arguments[0]);
  return all.length < 2 ? 0 : (all.indexOf(edge) / (all.length - 1) - 0.5) * Math.min(target.width * 0.6, 14 * all.length);
}

function curve(points) {
  let path = `M${points[0].x},${points[0].y}`;
  for (let k = 1; k < points.length; k++) {
    const [a, b] = [points[k - 1], points[k]], half = (a.y + b.y) / 2;
    path += `C${a.x},${half} ${b.x},${half} ${b.x},${b.y}`;
  }
  return path;
}

function paint() {
  const value = node => colour === "time" ? node.seconds : node.nbytes;
  const most = Math.max(...everything.map(n => value(n) || 0), 0);
  for (const node of everything) {
    const shape = visible(node) && node.element && node.element.querySelector(".shape");
    if (!shape) continue;
    const part = colour === "kind" || value(node) == null || !most ? null : Math.round(100 * value(node) / most);
    shape.style.fill = part === null ? "" : `color-mix(in srgb, var(--inplace) ${part}%, var(--paper))`;
  }
}

function mark() {
  const found = new Set(hits.map(shownFor));
  for (const node of everything) if (visible(node) && node.element) {
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
  for (const node of everything) for (const edge of node.graph.edges) edge.straight = false;
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
  if (node) toggle(everything[node.dataset.uid]);
});
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  const box = canvas.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });

function dragNode(node, dx, dy) {
  node.x += dx;
  node.y += dy;
  for (const edge of node.graph.edges) if (edge.source === node.id || edge.target === node.id) edge.straight = true;
  redraw(model.graph);
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
$("colour").addEventListener("change", event => { colour = event.target.value; paint(); });
$("search").addEventListener("input", event => search(event.target.value));
$("search").addEventListener("keydown", event => {
  if (event.key === "Enter") nextHit(event.shiftKey ? -1 : 1);
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    choose(null);
    $("search").blur();
  } else if (document.activeElement.tagName !== "INPUT") {
    if (event.key === "/") {
      event.preventDefault();
      $("search").focus();
    } else if (event.key === "f") fit();
  }
});
window.addEventListener("resize", apply);

// -- start -------------------------------------------------------------------------------------------------

function legend() {
  const used = Object.keys(ROLES).filter(kind => everything.some(n => n.kind === kind));
  const samples = used.map(kind => [ROLES[kind], `var(--${kind})`]);
  const kinds = new Set(everything.flatMap(n => n.graph.edges.map(e => e.kind)));
  if (kinds.has("inplace")) samples.push(["overwritten by its user", "var(--inplace)"]);
  if (kinds.has("view")) samples.push(["its user returns a view of it", "var(--view)"]);
  $("legend").replaceChildren(...samples.map(([text, sample]) => {
    const item = document.createElement("span");
    item.textContent = text;
    item.style.setProperty("--sample", sample);
    return item;
  }));
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
