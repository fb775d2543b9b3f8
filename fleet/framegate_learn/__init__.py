"""Learning at the edge: pictures of this site's cameras become a better model, beside gwd."""

__version__ = "0.1.0"
