"""How long a page with a large graph takes to open in a browser: ``python -m benchmarks.pages [NODES]``.

Needs Chromium, its driver, and the package selenium. Time is that from asking for the page until the graph is drawn;
then that of one step of a drag.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait
from theano.d3viz import d3viz

import theano.tensor as tt

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900")
DRAG = """const node = everything.find(n => n.kind === "apply"), start = performance.now();
for (let k = 0; k < 100; k++) dragNode(node, 1, 1);
return (performance.now() - start) / 100;"""


def graph(nodes, seed=0):
    """A sum of the last of ``nodes`` sums, products, differences and maxima, each of two that came shortly before."""
    rng = np.random.default_rng(seed)
    found = [tt.dscalar(f"x{k}") for k in range(20)]
    kinds = (tt.add, tt.mul, tt.sub, tt.maximum)
    while len(found) < nodes:
        pair = (found[max(0, len(found) - 1 - int(rng.integers(0, 60)))] for _ in range(2))
        found.append(kinds[rng.integers(4)](*pair))
    return tt.add(*found[-60:])


def main(nodes):
    """Print the times."""
    options = webdriver.ChromeOptions()
    for option in OPTIONS:
        options.add_argument(option)
    options.binary_location = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        d3viz(graph(nodes), path)
        browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            for _ in range(3):
                browser.get(path.as_uri())
                WebDriverWait(browser, 60).until(lambda b: b.execute_script("return document.readyState") == "complete")
                opened = browser.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
                count = browser.execute_script("return everything.length")
                print(f"{count} nodes, {path.stat().st_size / 1e6:.1f} MB: open in {opened / 1e3:.2f} s, "
                      f"a step of a drag in {browser.execute_script(DRAG):.3f} ms")
        finally:
            browser.quit()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12000)
