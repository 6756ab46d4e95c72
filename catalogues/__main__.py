"""`python -m catalogues`: extract all texts, merge them into every catalogue, compile. Nothing translated is lost.

`python -m catalogues zh FILE.json` first writes translations into a language, a new one too. FILE.json holds
{text: translation}; for a plural, {text in the singular: translation or list of its forms}.
"""

import json
import sys
from pathlib import Path

from catalogues import catalogue


def main(arguments: list[str]) -> None:
    """Do what the arguments say and tell what is left to translate."""
    translations = json.loads(Path(arguments[1]).read_text(encoding="utf-8")) if len(arguments) == 2 else {}
    with catalogue.alone():
        catalogue.refresh(translations, arguments[0] if arguments else None)
        for lang in catalogue.languages():
            empty = [str(message.id) for message in catalogue.missing(catalogue.read(lang))]
            print(f"{lang}: {len(empty)} texts are not translated.")
            print("".join(f"  {text!r}\n" for text in empty), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
