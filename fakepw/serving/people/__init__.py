"""What people see of a double in a browser: the page at `/_fakepw/`, and calls as they come.

It shows what the control API tells, and changes nothing by itself.
"""

from __future__ import annotations

#: What is asked for below the control API's prefix; what answers is imported when somebody asks.
NAMES = frozenset({"", "page.css", "page.js", "login", "calls/events", "ca.pem"})
