"""Pictures of graphs: `pydotprint` by Graphviz, `d3viz` as a page for a browser.

`picture` says what is drawn, as plain data; `dot` writes it in Graphviz's language, `page` as a page that needs nothing
else, `formatting` as objects of the package pydot.
"""
