"""Scores of gridwarden's results against truth: detections, events, positions, tracks. See README.md.

In: truth files and the files that `gridwarden detect|replay|locate|track` writes. Out: JSON with one interval a figure,
plots, and the Markdown table of docs/scores.md. Units are in the names; boxes are pixel edges.
"""
