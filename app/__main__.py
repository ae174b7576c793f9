"""`copydesk`, or `python -m app`."""

from __future__ import annotations

from app.cli import app


def main() -> None:
    app(prog_name="copydesk")


if __name__ == "__main__":
    main()
