"""A zip file of DAG files: which modules in it may make DAGs. Pure: over its bytes."""

from __future__ import annotations

_BEGINS = b"PK\x03\x04"
_LARGEST_MODULE = 8 << 20
"""Bytes of the largest module that is read."""
_MAKERS = (b"airflow", b"penstock")


def is_archive(data: bytes) -> bool:
    """Whether *data* begins as a zip file does."""
    return data.startswith(_BEGINS)


def modules(data: bytes) -> dict[str, bytes]:
    """Return the modules at the top of a zip file that may make DAGs, by name, in its own order.

    As in Airflow those are the ``*.py`` that speak of DAGs. Raises ValueError if it is no zip file.
    """
    import io
    import zipfile

    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if "/" in name or not name.endswith(".py") or name == "__init__.py":
                    continue
                if entry.file_size > _LARGEST_MODULE:
                    raise ValueError(f"{name} in it has {entry.file_size} bytes, more than {_LARGEST_MODULE}")
                source = archive.read(entry)
                lower = source.lower()
                if b"dag" in lower and any(word in lower for word in _MAKERS):
                    found[name] = source
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise ValueError(f"is not a zip file that can be read: {error}") from None
    return found


def text_of(data: bytes) -> str:
    """Return the modules at the top of a zip file as one text, each below its name."""
    try:
        found = modules(data)
    except ValueError as error:
        return f"# {error}\n"
    return "\n".join(f"# --- {name}\n{source.decode(errors='replace')}" for name, source in found.items())
