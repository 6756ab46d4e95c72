"""The language in which people are spoken to, as `commonweal.language` tells, for the modules of the optimizer."""

from commonweal.language import DOMAIN, ENGLISH, FOLDER, VARIABLE, _, language, languages, mark, plural, speaking, use

__all__ = ["DOMAIN", "ENGLISH", "FOLDER", "VARIABLE", "_", "language", "languages", "mark", "plural", "speaking", "use"]
