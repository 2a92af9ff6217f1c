"""One run, from its settings to its directory: composes everything above.

Nothing is imported here: the command line reads the settings for its help without
waiting for keras.
"""
