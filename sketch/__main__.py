"""`python -m sketch` is `sketch`."""

from sketch.cli.main import main

if __name__ == "__main__":
    main()
