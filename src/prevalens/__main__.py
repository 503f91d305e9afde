"""Lets `python -m prevalens` do what the command `prevalens` does."""

from prevalens.command import main

if __name__ == "__main__":
    raise SystemExit(main())
