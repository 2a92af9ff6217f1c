"""Lines on paper, and pages as files.

- `paper`: sheets of paper, and how ink lies on them
- `typing`: a typed text made ready for the model
- `markdown`: a text as paragraphs, and the Markdown of letters
- `words`: a written line cut into its words
- `baseline`: the line that letters stand on
- `layout`: written pieces made into pages
- `fields`: one letter to many people, filled in from a table
- `nib`: a pen whose width changes with its speed
- `smooth`: curves through the points of a pen
- `printed`: rules and forms, below the ink
- `svg_writer`: SVG in millimetres, still or moving
- `gif`: a page that writes itself, as a GIF
- `page_files`: pages as files of every format
- `written`: ink as users of Python hold it
"""
