"""`python -m models.migrations [up|down]`."""

from models.migrations.migrate import main

main()
