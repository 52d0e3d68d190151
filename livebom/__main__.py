"""`python -m livebom`."""

from livebom.cli import main

if __name__ == "__main__":
    main()
