"""The reading room: the published dataset as a folder of static pages.

They open from disk and from any web server, load nothing from elsewhere, and hold no inline script or style.
`render.py` decides what is made anew, `partitions.py` and `agencies.py` make the pages.
"""

from warehouse.site.originals import IMAGES, Original, Originals
from warehouse.site.render import Rendering, render_site
from warehouse.site.runs import Broken, Run, Runs

__all__ = ["IMAGES", "Broken", "Original", "Originals", "Rendering", "Run", "Runs", "render_site"]
