"""What people see of a double in a browser: the page at `/_fakepw/`, and calls as they come.

It shows what the control API tells, and changes nothing by itself.
"""
