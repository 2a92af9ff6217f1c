"""An experiment on disk.

- `places`: where experiments and pretrained models are
- `run_directory`: what the directories of all runs share
- `experiment`: the directory of an experiment
- `settings_file`: hyperparameters.json
- `recogniser_directory`: the directory of a recogniser
- `checkpoint`: weights and state, always whole
- `weights`: a network built and its weights loaded
- `weights_file`: what is checked before weights are read
- `history`: history.csv
- `lineage`: whose weights an experiment began with
- `styles`: primes that an experiment brings along, by name
- `corpora`: where the corpus of a run is
- `publishing`: an experiment made fit to be given away
- `card`: the card of a published experiment
"""
