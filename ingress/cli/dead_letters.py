"""`flask --app ingress dead-letters`: lists and replays work that was given up."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from models import ledger
from models.conversations import replays
from models.errors import SwitchboardError
from models.store.database import reading, session
from workers.runtime import wakes

letters = AppGroup("dead-letters", help="Lists and replays messages that could not be processed.")


@letters.command("list")
@click.option("--limit", default=50, help="How many to print at most, newest first.")
def list_letters(limit: int) -> None:
    """Prints the dead letters that have not been replayed, with their reasons."""
    with reading() as db:
        rows = replays.newest(db, limit)
    for letter in rows:
        click.echo(f"{letter.id}  {letter.stage:8} {letter.kind:20} {letter.reason}")
    if not rows:
        click.echo("There are no dead letters.")


@letters.command("replay")
@click.argument("letter_id")
def replay(letter_id: str) -> None:
    """Processes a dead letter again, as a new recorded attempt."""
    try:
        click.echo(_replayed(letter_id))
    except SwitchboardError as error:
        raise click.ClickException(error.detail) from None


def _replayed(letter_id: str) -> str:
    """Accepts the entry before it marks the letter. After a stop in between, the entry's id keeps a second replay from
    storing it twice."""
    with reading() as db:
        inbound = replays.inbound_of_letter(db, letter_id)
    if inbound is not None:
        ledger.accept(inbound)
        wakes.send([wakes.receiver(ledger.shard_of(inbound.order_key))])
    with session() as db:
        conversation_id = replays.replay(db, letter_id)
    if inbound is None:
        wakes.send(wakes.answers([conversation_id]))
    return "Replayed."
