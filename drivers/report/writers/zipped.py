"""Office files with the same bytes each time: they are zip archives, and archives hold the time of day."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO

_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def same_bytes(archive: bytes, made: date) -> bytes:
    """Return an office `archive` with the day `made` for every time in it, archives inside it included."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith(".xlsx"):
                data = same_bytes(data, made)
            elif entry.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>" + f"{made.isoformat()}T00:00:00Z".encode() + rb"\g<3>", data)
            fixed = zipfile.ZipInfo(entry.filename, _EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            new.writestr(fixed, data)
    return out.getvalue()
