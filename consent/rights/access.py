"""The file that she is given when she asks what is known about her (article 15): words to read, and the same as data.

It holds what the partnership's log says about her. What an agency has written about her itself, that agency gives her. Leaves
out: what is in it (``history``), and giving it to her, which is done by the way she said is safe (H3).
"""

import io
import json
import zipfile
from typing import Final

from consent.rights.history import History

_RIGHTS: Final = """What this is
  Everything that the partnership's own log says about you. The log holds who told whom, when, and what kind of thing; it never
  holds your name, and never the words that were written. For those, ask the agency that wrote them.

What you may ask for
  That something wrong is put right, and everyone who was told is told so. That nothing more is shared while that is settled.
  That it stops for a purpose you object to. That what is about you is erased, where no law says that it must be kept.
  To take back any yes, at any time: tell any of the agencies. No service may turn you away for it.
  If you are not content with the answer, the Information Commissioner's Office is at ico.org.uk.

Something may be left out where telling it would harm somebody else or an investigation. An officer decided that, not a program.
"""
_SAME_DAY: Final = (1980, 1, 1, 0, 0, 0)


def access_file(found: History, made: str) -> bytes:
    """The zip: the same bytes for the same history."""
    words = "\n".join([f"What the partnership's log says about you, as of {made}.", "", *found.lines, "", _RIGHTS])
    data = json.dumps({"made": made, "entries": list(found.records)}, indent=2, ensure_ascii=False)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (("what-is-known-about-you.txt", words), ("what-is-known-about-you.json", data)):
            file.writestr(zipfile.ZipInfo(name, _SAME_DAY), text)
    return body.getvalue()
