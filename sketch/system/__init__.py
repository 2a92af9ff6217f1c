"""The machine: files, locks, messages.

- `atomic`: files and folders written whole or not at all; the user's cache
- `untrusted`: files of strangers, read within limits; JSON
- `lock`: only one process trains in a directory
- `messages`: text for a terminal
"""
