"""The reading room: the published dataset as a folder of static pages.

They open from disk and from any web server, load nothing from elsewhere, and hold no inline script or style.
`render.py` decides what is made anew, `partitions.py` and `agencies.py` make the pages.
"""

from warehouse.site.originals import IMAGES, Original, Originals
from warehouse.site.render import Rendering, render_site

__all__ = ["IMAGES", "Original", "Originals", "Rendering", "render_site"]
