"""The catalogues of languages: made from the code by `make languages`; `language.py` says how texts are marked."""
