"""`sketch serve`: the page that writes, and the sheet that captures a hand.

    browser -> `app` (checks) -> `worker` (one at a time) -> `writing` -> ink as JSON
            <- `static/`: the page itself, no build step, nothing from elsewhere

Whatever a browser sends is believed only after `request` has looked at it, and no file
or folder is ever named by it.
"""
