"""The command line: one thin file a command, which parses, calls, and prints.

Nothing heavy is imported at the top of these files, so that `--help` answers at once;
`main.py` loads a command's file when it is asked for.
"""
