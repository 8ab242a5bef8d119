"""``python -m offboard.cli``."""

from offboard.cli import main

if __name__ == "__main__":
    main()
