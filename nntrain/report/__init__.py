"""Runs as pictures: one self-contained HTML page, curves as SVG or PNG.

history.py    the logs of runs as series
axes.py       scales and ticks
charts.py     charts as SVG
plots.py      charts in a file of their own
dataset.py    what a dataset is
findings.py   what a checkpoint gets wrong, its first weights, what it drew: needs the data
sections.py   parts of the page
page.py       the page
"""
