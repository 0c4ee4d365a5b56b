"""
`python -m tests.catalogues`: every compiled message catalogue fits its source (needs msgfmt; without it, says so), no
message stands in two catalogues of one language, and every message of the code is there in the other language.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

FOLDERS = ("locale", "backend", "matching", "activities", "notifications")
_CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")  # words, and punctuation that stands alone
_BEGINS_ENGLISH = re.compile(r"[A-Z][a-z]+ ")
_ENTRY = re.compile(r'^(?:msgctxt "(?P<context>.*)"\n)?msgid (?P<text>"[^\n]*"(?:\n"[^\n]*")*)', re.MULTILINE)
_MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
_TRANSLATE = re.compile(r"{%-?\s*translate\s+(?:\"([^\"]+)\"|'([^']+)')")
# Texts handed out by Django or allauth themselves, or for programs only.
_ELSEWHERE = ("backend/demo/",)


def stale(source: Path) -> bool:
    """Whether the .mo beside a .po is missing or differs from what msgfmt makes of it."""
    made = subprocess.run(["msgfmt", "--check-format", "-o", "-", source], check=True, capture_output=True).stdout
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.read_bytes() != made


def sources() -> list[Path]:
    return [source for folder in FOLDERS for source in sorted(Path(folder).rglob("*.po"))]


def messages_of(source: Path) -> list[tuple[str, str]]:
    """(context, msgid) of every entry, obsolete ones and the header left out."""
    found = []
    for entry in _ENTRY.finditer(source.read_text()):
        text = "".join(ast.literal_eval(line) for line in entry["text"].splitlines())
        if text:
            found.append((entry["context"] or "", text))
    return found


def twice(language: str) -> list[str]:
    """Msgids that stand more than once in the catalogues of a language: which translation wins is nobody's choice."""
    mine = [source for source in sources() if language in source.parts]
    counts = Counter(message for source in mine for message in messages_of(source))
    return sorted(text for (_context, text), times in counts.items() if times > 1)


def said_in_code() -> set[str]:
    """Every msgid that stands as one literal in code, templates, and the messages of domain errors."""
    said: set[str] = set()
    for folder in FOLDERS[1:]:
        for path in Path(folder).rglob("*.py"):
            if not str(path).startswith(_ELSEWHERE) and "migrations" not in path.parts:
                said |= set(_in_python(ast.parse(path.read_text())))
        for path in Path(folder).rglob("*.html"):
            said |= {one or other for one, other in _TRANSLATE.findall(path.read_text())}
    return said


def _in_python(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKS:
            yield from (arg.value for arg in node.args[:1] if _is_text(arg))
        elif isinstance(node, ast.ClassDef):
            yield from (item.value.value for item in node.body if _is_message(item))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_message(item: ast.AST) -> bool:
    names = [target.id for target in getattr(item, "targets", []) if isinstance(target, ast.Name)]
    return isinstance(item, ast.Assign) and names == ["message"] and _is_text(item.value)


def untold(language: str, said: set[str]) -> list[str]:
    """Messages in the other language's words that have no entry in this language."""
    known = {text for source in sources() if language in source.parts for _context, text in messages_of(source)}
    return sorted(text for text in said - known if _is_chinese(text) == (language == "en"))


def _is_chinese(text: str) -> bool:
    """An English sentence may quote Chinese words, as in "Write it like 二类"."""
    return bool(_CHINESE.search(text)) and not _BEGINS_ENGLISH.match(text)


def complaints() -> list[str]:
    """What is wrong, one line each."""
    said = said_in_code()
    found = []
    for language in ("zh_Hans", "en"):
        found += [f"Twice in {language}: {text}" for text in twice(language)]
        found += [f"Not in {language}: {text}" for text in untold(language, said)]
    if shutil.which("msgfmt") is None:
        sys.stdout.write("msgfmt is not installed: message catalogues not compared.\n")
        return found
    return found + [f"Out of date, run `manage.py compilemessages`: {source}" for source in sources() if stale(source)]


def main():
    found = complaints()
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
