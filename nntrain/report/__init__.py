"""Runs as pictures: one self-contained HTML page, curves as SVG or PNG.

page.py            the page: which parts it has, in which order
overview.py        the runs of one task: which is best, a line for each, curves, hyperparameters
history.py         the logs of runs as series
axes.py            scales and ticks
charts.py          charts as SVG;   parallel_axes.py  parallel coordinates
figures.py         charts with their numbers, tables, pictures as HTML
plots.py           charts in a file of their own
dataset.py         what a dataset is
findings.py        what a checkpoint says to its data; each of these draws a part of it:
                   confusions, thresholds, value_charts, wrong_examples, reconstructions, boundary, saliency,
                   importance, filters, attention_maps, drawn, again
"""
