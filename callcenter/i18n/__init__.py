"""The one catalogue of texts for people: Vietnamese first, English second.

``locale/<language>.po`` are read as they stand, so that a city's own translator edits one plain file.
"""

from callcenter.i18n.catalogue import explain, languages, t

__all__ = ["explain", "languages", "t"]
