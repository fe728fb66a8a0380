"""The bundled portal: an invented static web site of several agencies, served on loopback.

`data/*.yaml` hold its numbers and texts, `form.py` the printed form, `pages.py` the web pages, `files/` the
documents that `documents.py` made from the same data, `portal.py` serves it all.
"""
