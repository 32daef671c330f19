"use strict";
// Places for the nodes of a graph, layer by layer (K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding
// of hierarchical system structures", 1981): layers by longest path, dummy nodes on long edges, order within layers
// by medians, then coordinates that pull nodes towards their neighbours.

const GAP = { x: 26, y: 46, side: 14 };
const SWEEPS = 10, WORK = 150000;         // no more sweeps than make so many visits of cells

// graph: {nodes: [{id, width, height}], edges: [{source, target}]}, ids are any keys. Sets x, y (centres) of all nodes
// and `points` of all edges; returns {width, height}.
function layout(graph) {
  const cells = new Map(graph.nodes.map(n => [n.id, { node: n, width: n.width, height: n.height, above: [], below: [] }]));
  const edges = graph.edges.filter(e => cells.has(e.source) && cells.has(e.target) && e.source !== e.target);
  const out = new Map(graph.nodes.map(n => [n.id, []]));
  const waiting = new Map(graph.nodes.map(n => [n.id, 0]));
  for (const e of edges) {
    out.get(e.source).push(e.target);
    waiting.set(e.target, waiting.get(e.target) + 1);
  }
  const order = topological(graph.nodes, out, waiting);
  const layer = layersOf(order, out);
  const layers = fill(layer, cells, order);
  for (const e of edges) e.chain = chainOf(e, cells, layer, layers);
  const sweeps = Math.max(2, Math.min(SWEEPS, Math.floor(WORK / layers.reduce((sum, row) => sum + row.length, 1))));
  for (let sweep = 0; sweep < sweeps; sweep++) arrange(layers, sweep % 2 === 0);
  place(layers, 2 * sweeps);
  return finish(graph, edges, cells, layers);
}

function topological(nodes, out, waiting) {
  const ready = nodes.filter(n => waiting.get(n.id) === 0).map(n => n.id), order = [];
  const left = new Map(waiting);
  for (let k = 0; k < ready.length; k++) {
    order.push(ready[k]);
    for (const next of out.get(ready[k])) {
      left.set(next, left.get(next) - 1);
      if (left.get(next) === 0) ready.push(next);
    }
  }
  const done = new Set(order);
  return [...order, ...nodes.map(n => n.id).filter(id => !done.has(id))];       // what is left has cycles
}

// Every node stands below all it depends on; what depends on nothing stands just above its first user.
function layersOf(order, out) {
  const layer = new Map(order.map(id => [id, 0])), fed = new Set();
  for (const id of order) for (const next of out.get(id)) {
    layer.set(next, Math.max(layer.get(next), layer.get(id) + 1));
    fed.add(next);
  }
  for (const id of order) if (!fed.has(id) && out.get(id).length)
    layer.set(id, Math.min(...out.get(id).map(next => layer.get(next))) - 1);
  return layer;
}

function fill(layer, cells, order) {
  const layers = [];
  for (const id of order) {
    const k = layer.get(id);
    while (layers.length <= k) layers.push([]);
    layers[k].push(cells.get(id));
  }
  return layers;
}

// The cells that an edge goes through, with a dummy in every layer between its ends.
function chainOf(edge, cells, layer, layers) {
  const chain = [cells.get(edge.source)];
  for (let k = layer.get(edge.source) + 1; k < layer.get(edge.target); k++) {
    const dummy = { node: null, width: 6, height: 0, above: [], below: [] };
    layers[k].push(dummy);
    chain.push(dummy);
  }
  chain.push(cells.get(edge.target));
  for (let k = 1; k < chain.length; k++) {
    chain[k - 1].below.push(chain[k]);
    chain[k].above.push(chain[k - 1]);
  }
  return chain;
}

function middle(places) {
  if (!places.length) return -1;
  places.sort((a, b) => a - b);
  const half = places.length >> 1;
  return places.length % 2 ? places[half] : (places[half - 1] + places[half]) / 2;
}

// Order each layer by the medians of its neighbours in the layer that was ordered before.
function arrange(layers, downwards) {
  for (const cells of layers) cells.forEach((cell, k) => { cell.rank = k; });
  const sequence = downwards ? layers.slice(1) : layers.slice(0, -1).reverse();
  for (const cells of sequence) {
    for (const cell of cells) {
      const median = middle((downwards ? cell.above : cell.below).map(c => c.rank));
      cell.key = median < 0 ? cell.rank : median;
    }
    cells.sort((a, b) => a.key - b.key || a.rank - b.rank);
    cells.forEach((cell, k) => { cell.rank = k; });
  }
}

const apart = (a, b) => (a.width + b.width) / 2 + (a.node && b.node ? GAP.x : GAP.side);

function place(layers, sweeps) {
  for (const cells of layers) {
    let x = 0;
    cells.forEach((cell, k) => { cell.x = x = k ? x + apart(cells[k - 1], cell) : 0; });
    cells.forEach(cell => { cell.x -= x / 2; });
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const downwards = sweep % 2 === 0;
    for (const cells of downwards ? layers : [...layers].reverse()) pull(cells, downwards, sweep >= sweeps - 2);
  }
}

// Move the cells of a layer towards the medians of their neighbours, without changing their order: cells that would
// overlap form blocks, which stand at the mean of what their cells want.
function pull(cells, downwards, last) {
  const blocks = [];
  let before = null, offset = 0;
  for (const cell of cells) {
    const near = last ? [...cell.above, ...cell.below] : downwards ? cell.above : cell.below;
    const weight = near.length ? (cell.node ? 1 : 4) : 0.01;
    const wish = near.length ? middle(near.map(c => c.x)) : cell.x;
    offset = before ? offset + apart(before, cell) : 0;
    cell.offset = offset;
    blocks.push({ cells: [cell], weight, wish: weight * (wish - offset) });
    while (blocks.length > 1) {
      const [left, right] = blocks.slice(-2);
      if (left.wish / left.weight <= right.wish / right.weight) break;
      blocks.pop();
      left.cells.push(...right.cells);
      left.weight += right.weight;
      left.wish += right.wish;
    }
    before = cell;
  }
  for (const block of blocks) for (const cell of block.cells) cell.x = block.wish / block.weight + cell.offset;
}

function finish(graph, edges, cells, layers) {
  let y = 0, left = Infinity, right = -Infinity;
  for (const row of layers) {
    const height = Math.max(...row.map(c => c.height), 0);
    for (const cell of row) {
      cell.y = y + height / 2;
      cell.row = height;
      left = Math.min(left, cell.x - cell.width / 2);
      right = Math.max(right, cell.x + cell.width / 2);
    }
    y += height + GAP.y;
  }
  for (const node of graph.nodes) {
    const cell = cells.get(node.id);
    node.x = cell.x - left;
    node.y = cell.y;
  }
  // An edge goes straight down through a layer, so that it does not cross a tall node beside it.
  for (const e of edges) e.points = e.chain.slice(1, -1).flatMap(c => c.row > 2 * GAP.side + 10
    ? [{ x: c.x - left, y: c.y - c.row / 2 }, { x: c.x - left, y: c.y + c.row / 2 }] : [{ x: c.x - left, y: c.y }]);
  return { width: Math.max(right - left, 0), height: Math.max(y - GAP.y, 0) };
}
