"""Pictures by matplotlib: ink, and a model at work.

- `canvas`: what every picture shares: paper, colours, drawing strokes
- `grid`: where each of many lines goes
- `pictures`: ink, pen states and history
- `model_figures`: the window over the text, the mixture's weights
- `density`: the density of each next point
"""
