"""The page that writes, served (`sketch serve`) or as files (`sketch export`).

- `request`: what a browser asks for, checked
- `models`: the experiments on offer
- `prompts`: the lines of the recording sheet
- `placement`: written lines on paper, as they come
- `answer`: a text written, told line by line
- `worker`: one thread that writes, a short queue before it
- `guard`: the headers of every answer, the hosts of every request
- `app`: which address answers what
- `site`: the page without a server, as a folder of files
- `server`: a socket, and a clean end
"""
