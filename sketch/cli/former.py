"""Options of the programs that `sketch` succeeds, and what does their work here.

udibr/sketch, scribe and its fork, sjvasquez/handwriting-synthesis. The README has the
same in words, for those who move.
"""

import click

FORMER = {
    "--GRU": "--gru",
    "--mix-dim": "-G",
    "--sample": "the command `sketch sample`",
    "--train": "the command `sketch train`",
    "--bokeh": "history.png in the experiment, `sketch plot`, or --tensorboard",
    "--rnn_size": "--dim",
    "--nmixtures": "-G",
    "--kmixtures": "-K",
    "--tsteps": "--max-length",
    "--tsteps_per_ascii": "--steps-per-character",
    "--batch_size": "--bs",
    "--nepochs": "--epochs",
    "--learning_rate": "--lr",
    "--grad_clip": "--max-grad",
    "--optimizer": "--step-method",
    "--lr_decay": "--schedule",
    "--decay": "--schedule",
    "--data_dir": "--data, a file that `sketch convert` makes",
    "--data_scale": "nothing: units are measured",
    "--alphabet": "nothing: it is that of the corpus",
    "--save_path": "--model",
    "--log_dir": "--experiments",
    "--style": "--prime, with a style that `sketch list` names, or your own ink",
    "--styles": "--prime, with a style that `sketch list` names, or your own ink",
    "--heatmap": "--figures",
    "--ps_hosts": "--coordinator, --processes and --process",
    "--worker_hosts": "--coordinator, --processes and --process",
    "--job_name": "--coordinator, --processes and --process",
    "--task_index": "--process",
}


def name_successor(error: click.UsageError) -> None:
    """Has an error about an option of former times tell what takes its place."""
    if isinstance(error, click.NoSuchOption) and error.option_name in FORMER:
        here = FORMER[error.option_name]
        error.message = f"{error.message.rstrip('.')}. Here that is {here}"
        error.possibilities = []
