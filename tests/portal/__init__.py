"""The zoo: simulated portals of every family on loopback, and the oracle that says what a crawl owes them.

    server.py     hosts on 127.x.y.z: HTTP and TLS on one port, every request logged, faults on demand
    content.py    agencies, reports, decoys, the tree of a column: what a portal holds and what counts as found
    bodies.py     the text of a report and its files
    skin.py       what surrounds the text: menus, breadcrumbs, foot, noise
    site.py       a portal: home, sections, column, articles; next day; what the least number of requests is
    families/     one module a portal family: addresses, list pages, the requests its scripts make
    faults.py     hosts that misbehave
    zoo.py        which portals there are
    walker.py     a browser's way through a portal, by the rules of its scripts: proves that the zoo is fair
    oracle.py     what a crawl found, fetched and must not have fetched
    __main__.py   the campaign: `make zoo`

The markup follows saved pages and the addresses of real portals, not the crawler's parsers.
"""
