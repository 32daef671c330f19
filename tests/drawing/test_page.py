"""Pages: what is in the file, and that it works in a browser."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from theano.d3viz import d3viz

import theano
import theano.tensor as tt
from theano.drawing.page import replace_patterns, safe_json

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
           "--disable-background-networking", "--disable-component-update", "--window-size=1200,900")


def training(profile=None):
    rng = np.random.default_rng(0)
    x, y = tt.dmatrix("x"), tt.lvector("y")
    w, b = theano.shared(rng.normal(size=(6, 4)), name="w"), theano.shared(np.zeros(4), name="b")
    cost = tt.nnet.categorical_crossentropy(tt.nnet.softmax(tt.dot(x, w) + b), y).mean()
    steps = [(v, v - 0.1 * g) for v, g in zip([w, b], tt.grad(cost, [w, b]), strict=True)]
    f = theano.function([x, y], cost, updates=steps, profile=profile, name="train <&>")
    f(rng.normal(size=(5, 6)), rng.integers(0, 4, 5))
    return f


def nested():
    a, b, c = tt.scalars("abc")
    product = theano.OpFromGraph([a, b], [a * b])
    outer = theano.OpFromGraph([a, b, c], [product(a, b) + c])
    return theano.function([a, b, c], outer(a, b, c) + c, name="nested")


def large():
    """More nodes than are drawn one by one."""
    rows = [tt.dscalars(*(f"v{k}_{i}" for i in range(30))) for k in range(1)]
    for k in range(45):
        rows.append([tt.tanh(a) * rows[-1][(3 * i + 1) % 30] for i, a in enumerate(rows[-1])])
    return tt.add(*rows[-1])


HOSTILE = ("</script><script>document.title = 'lost'</script>", 'a "b" <c> & \\', "line\nbreak", "%% GRAPH %%",
           "\u2028<!--")


def hostile():
    """Names that would break a page, or the language of Graphviz, if they were pasted into it."""
    return tt.add(*(tt.dscalar(name) for name in HOSTILE))


def graph_of(page):
    text = re.search(r'<script type="application/json" id="graph">(.*?)</script>', page, re.S)[1]
    return json.loads(text)


def test_a_page_needs_nothing_else(tmp_path):
    d3viz(training(), tmp_path / "pages" / "train.html")
    page = (tmp_path / "pages" / "train.html").read_text(encoding="utf-8")
    assert "%%" not in page and "<title>train &lt;&amp;&gt;</title>" in page
    links = set(re.findall(r"https?://[^\s\"']+", page))
    assert links == {"http://www.w3.org/2000/svg"}                  # a name, not an address
    assert "src=" not in page and "href=" not in page
    graph = graph_of(page)
    assert graph["name"] == "train <&>" and {n["kind"] for n in graph["graph"]["nodes"]} >= {"input", "shared", "apply"}


def test_scripts_can_stay_in_the_package(tmp_path):
    d3viz(nested(), tmp_path / "page.html", copy_deps=False)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    addresses = re.findall(r'(?:src|href)="file://([^"]+)"', page)
    assert len(addresses) == 3 and all(os.path.exists(path) for path in addresses)


def test_texts_cannot_break_a_page():
    assert json.loads(safe_json({"a": "</script><b>"})) == {"a": "</script><b>"} and "<" not in safe_json("</script>")
    assert replace_patterns("A B A", {"A": "B", "B": "c"}) == "B c B"


# -- in a browser ----------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def browser():
    if not (BROWSER and DRIVER):
        pytest.skip("Chromium and its driver are not installed")
    options = webdriver.ChromeOptions()
    for option in OPTIONS:
        options.add_argument(option)
    options.binary_location = BROWSER
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Where the pages are that the tests look at."""
    folder = tmp_path_factory.mktemp("pages")
    d3viz(training(theano.ProfileStats(atexit_print=False)), folder / "train.html")
    d3viz(nested(), folder / "nested.html")
    d3viz(large(), folder / "large.html")
    d3viz(hostile(), folder / "hostile.html")
    return folder


@pytest.fixture
def opened(browser, pages):
    """Opens a page; at the end the browser must have had no error."""
    def go(name):
        browser.get((pages / name).as_uri())
        return browser
    yield go
    assert browser.get_log("browser") == []


def nodes(browser, kind="", text=""):
    return [e for e in browser.find_elements(By.CSS_SELECTOR, f".node{kind}") if text in e.text]


def press(browser, name):
    browser.find_element(By.ID, name).click()


def scale(browser):
    transform = browser.find_element(By.CSS_SELECTOR, "#canvas > g").get_attribute("transform")
    return float(re.search(r"scale\(([^)]+)\)", transform)[1])


def test_every_node_and_edge_is_drawn(opened, pages):
    browser, graph = opened("train.html"), graph_of((pages / "train.html").read_text(encoding="utf-8"))["graph"]
    assert len(nodes(browser)) == len(graph["nodes"])
    assert len(browser.find_elements(By.CSS_SELECTOR, ".edge")) == len(graph["edges"])
    width, height = browser.execute_script("return [innerWidth, innerHeight]")
    for node in nodes(browser):
        place = node.rect
        assert 0 <= place["x"] <= width - place["width"] and 0 <= place["y"] <= height - place["height"]


def test_nodes_do_not_overlap_and_edges_go_down(opened):
    browser = opened("train.html")
    boxes = [n.rect for n in nodes(browser)]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
            assert apart or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
    for path in browser.find_elements(By.CSS_SELECTOR, ".edge"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.get_attribute("d"))]
        assert numbers[1] < numbers[-1]


def test_a_click_shows_details(opened):
    browser = opened("train.html")
    nodes(browser, ".shared", "w")[0].click()
    panel = browser.find_element(By.ID, "details")
    assert panel.is_displayed() and "TensorType(float64, matrix)" in panel.text and "shared variable" in panel.text
    press(browser, "close")
    assert not panel.is_displayed()


def test_unfolding_by_double_click_and_button(opened):
    browser = opened("nested.html")
    folded = len(nodes(browser))
    op, = nodes(browser, ".inner")
    ActionChains(browser).double_click(op).perform()
    inside, = nodes(browser, ".inner:not(.unfolded)")
    assert len(nodes(browser)) == folded + 6 and len(nodes(browser, ".unfolded")) == 1
    browser.find_element(By.CSS_SELECTOR, "body").send_keys(Keys.ESCAPE)
    inside.click()
    press(browser, "inside")
    assert len(nodes(browser)) == folded + 6 + 4
    press(browser, "fold")
    assert len(nodes(browser)) == folded
    press(browser, "unfold")
    assert len(nodes(browser, ".unfolded")) == 2
    outer, inner = sorted((n.rect for n in nodes(browser, ".unfolded")), key=lambda r: -r["width"])
    assert outer["x"] <= inner["x"] and outer["x"] + outer["width"] >= inner["x"] + inner["width"]
    assert outer["y"] <= inner["y"] and outer["y"] + outer["height"] >= inner["y"] + inner["height"]


def test_search_finds_what_is_folded(opened):
    browser = opened("nested.html")
    field = browser.find_element(By.ID, "search")
    browser.find_element(By.CSS_SELECTOR, "body").send_keys("/")
    assert browser.switch_to.active_element == field
    field.send_keys("mul")
    assert browser.find_element(By.ID, "found").text == "1 found"
    assert len(nodes(browser, ".found")) == 1                       # the op that hides it
    field.send_keys(Keys.ENTER)
    chosen, = nodes(browser, ".chosen")
    assert "mul" in chosen.text and browser.find_element(By.ID, "found").text == "1 of 1"


def test_wheel_zooms_and_fit_returns(opened):
    browser = opened("train.html")
    before = scale(browser)
    canvas = browser.find_element(By.ID, "canvas")
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -300).perform()
    assert scale(browser) > 1.3 * before
    press(browser, "fit")
    assert scale(browser) == pytest.approx(before)


def test_nodes_and_the_whole_graph_can_be_dragged(opened):
    browser = opened("train.html")
    node, other = nodes(browser, ".input", "x")[0], nodes(browser, ".input", "y")[0]
    start, still = node.rect, other.rect
    ActionChains(browser).drag_and_drop_by_offset(node, 60, 40).perform()
    assert node.rect["x"] == pytest.approx(start["x"] + 60, abs=6) and other.rect["x"] == still["x"]
    empty = browser.find_element(By.ID, "canvas")
    corner = 20 - empty.size["width"] // 2, 20 - empty.size["height"] // 2
    ActionChains(browser).move_to_element_with_offset(empty, *corner).click_and_hold().move_by_offset(
        30, 20).release().perform()
    assert other.rect["x"] == pytest.approx(still["x"] + 30, abs=6)
    press(browser, "reset")
    assert nodes(browser, ".input", "x")[0].rect["x"] == pytest.approx(start["x"], abs=1)


def test_colours_by_time_and_memory(opened):
    browser = opened("train.html")

    def fills():
        shapes = browser.find_elements(By.CSS_SELECTOR, ".apply > .shape")
        return {shape.value_of_css_property("fill") for shape in shapes}
    plain = fills()
    assert len(plain) == 1
    for what in ("time", "memory"):
        browser.find_element(By.CSS_SELECTOR, f"#colour option[value={what}]").click()
        assert len(fills()) > 2
    browser.find_element(By.CSS_SELECTOR, "#colour option[value=kind]").click()
    assert fills() == plain


def test_edges_tell_what_they_carry(opened):
    browser = opened("nested.html")
    assert not browser.find_element(By.ID, "colouring").is_displayed()          # there is no profile
    legend = browser.find_element(By.ID, "legend").text
    assert "input" in legend and "operation" in legend and "shared" not in legend
    moved = "arguments[0].dispatchEvent(new PointerEvent('pointermove', {clientX: 9, clientY: 9}))"
    browser.execute_script(moved, browser.find_element(By.CSS_SELECTOR, ".hit"))
    assert "TensorType(float64, scalar)" in browser.find_element(By.ID, "tip").text


def test_names_are_shown_as_they_are(opened, pages):
    browser = opened("hostile.html")
    assert browser.title == "graph"
    texts = browser.execute_script("return [...document.querySelectorAll('.input text')].map(e => e.textContent)")
    assert sorted(texts) == sorted(n if len(n) <= 44 else n[:43] + "\u2026" for n in HOSTILE)
    nodes(browser, ".input", "a ")[0].click()
    assert 'a "b" <c> & \\' in browser.find_element(By.ID, "details").text
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 3


def test_large_graphs_are_drawn_as_far_as_they_are_in_view(opened, pages):
    browser, graph = opened("large.html"), graph_of((pages / "large.html").read_text(encoding="utf-8"))["graph"]
    note = browser.find_element(By.ID, "note")
    assert note.is_displayed() and f"{len(graph['nodes'])} nodes" in note.text
    assert len(graph["nodes"]) > 2000 and not nodes(browser)
    assert len(browser.find_elements(By.CSS_SELECTOR, "path")) < 20
    field = browser.find_element(By.ID, "search")
    field.send_keys("v0_7" + Keys.ENTER)
    chosen, = nodes(browser, ".chosen")
    assert chosen.text == "v0_7" and not note.is_displayed()
    assert 5 < len(nodes(browser)) <= 500 and len(browser.find_elements(By.CSS_SELECTOR, ".edge")) > 5
    press(browser, "fit")
    wait(browser, lambda: note.is_displayed() and not nodes(browser))


def wait(browser, condition):
    """Until something holds; fails after five seconds."""
    WebDriverWait(browser, 5).until(lambda _: condition())


def test_keys(opened):
    browser = opened("nested.html")
    body, keys = browser.find_element(By.CSS_SELECTOR, "body"), browser.find_element(By.ID, "keys")
    assert not keys.is_displayed()
    body.send_keys("?")
    assert keys.is_displayed() and "show the whole graph" in keys.text
    body.send_keys(Keys.ESCAPE)
    assert not keys.is_displayed()
    before = scale(browser)
    body.send_keys("+")
    assert scale(browser) == pytest.approx(1.25 * before)
    body.send_keys("f")
    place = nodes(browser, ".input")[0].rect["x"]
    body.send_keys(Keys.ARROW_LEFT)
    assert nodes(browser, ".input")[0].rect["x"] == pytest.approx(place + 80, abs=1)
    folded = len(nodes(browser))
    body.send_keys("u")
    assert len(nodes(browser, ".unfolded")) == 2
    body.send_keys("c")
    assert len(nodes(browser)) == folded
    nodes(browser, ".inner")[0].click()
    body.send_keys(Keys.ENTER)
    assert len(nodes(browser, ".unfolded")) == 1


def test_edges_follow_what_is_dragged(opened):
    """Those of a node, of nodes inside of it, and those that come from outside to a node inside of another."""
    browser = opened("nested.html")
    press(browser, "unfold")

    def loose():
        """How far ends of edges are from the borders of nodes, at most."""
        return browser.execute_script("""
            const gap = (p, node) => { const b = box(node), x = Math.max(b.left - p[0], p[0] - b.right, 0);
                return x + Math.min(Math.abs(p[1] - b.top), Math.abs(p[1] - b.bottom)); };
            let most = 0;
            const paths = every.flatMap(graph => graph.edges).flatMap(edge => edge.paths);
            for (const { source, target, elements } of paths) {
                const n = elements[1].getAttribute('d').match(/-?[\\d.e]+/g).map(Number);
                most = Math.max(most, gap(n.slice(0, 2), source), gap(n.slice(-2), target));
            }
            return most;""")
    assert loose() < 4
    inside, = nodes(browser, ".apply", "mul")
    for what in (nodes(browser, ".input", "a")[0], *nodes(browser, ".inner.unfolded"), inside):
        place = what.rect
        browser.execute_script("dragNode(everything[arguments[0].dataset.uid], 25, 15)", what)
        assert what.rect["x"] == pytest.approx(place["x"] + 25 * scale(browser), abs=1)
        assert loose() < 4


def test_a_drag_touches_only_the_edges_of_what_is_dragged(opened):
    browser = opened("train.html")
    routed, touching = browser.execute_script("""
        const node = everything.find(n => n.kind === 'shared'), seen = new Set();
        const set = SVGElement.prototype.setAttribute;
        SVGElement.prototype.setAttribute = function (name, value) {
            if (name === 'd') seen.add(this);
            return set.call(this, name, value);
        };
        dragNode(node, 5, 5);
        SVGElement.prototype.setAttribute = set;
        return [seen.size, node.graph.touching.get(node.id).length];""")
    assert routed == 2 * touching > 0                               # an edge, and what is around it for the pointer


def test_the_legend_tells_what_colours_mean(opened):
    browser = opened("train.html")
    browser.find_element(By.CSS_SELECTOR, "#colour option[value=time]").click()
    assert re.search(r"time of an operation, from none to [\d.]+ [mu]?s", browser.find_element(By.ID, "legend").text)
    browser.find_element(By.CSS_SELECTOR, "#colour option[value=kind]").click()
    assert "from none" not in browser.find_element(By.ID, "legend").text
