"""The machine: files, locks, messages.

- `atomic`: files and folders written whole or not at all
- `untrusted`: files of strangers, read within limits; JSON
- `lock`: one process trains in a directory
- `messages`: what is told on a terminal
"""
