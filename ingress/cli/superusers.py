"""`flask --app ingress create-superuser`: the first superuser, or another one when all others are gone."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from channels.relay.revocations import revoke
from ingress.accounts.requests import Email, Username
from models import reasons
from models.accounts import addresses, administration, passwords
from models.accounts.audit import Actor
from models.errors import DatabaseAway, RedisAway, SwitchboardError
from models.migrations import migrate
from models.people import users
from models.people.users import User
from models.store.database import AWAY, reading, session

SHELL = Actor()


@click.command("create-superuser")
@click.option("--email", required=True, help="The e-mail address to sign in with.")
@click.option("--username", help="A username to sign in with.")
@click.option("--password-stdin", is_flag=True, help="Reads the password from the first line of standard input.")
@click.option(
    "--promote", is_flag=True, help="Makes the existing user with this address a superuser; asks for no password."
)
def create_superuser(email: str, username: str | None, password_stdin: bool, promote: bool) -> None:
    """Creates a superuser. Asks for the password and does not show it."""
    if promote and (username or password_stdin):
        raise click.UsageError("--promote changes neither the name nor the password.")
    try:
        _check_schema()
        address = _valid(Email, "--email", email)
        if promote:
            _promote(address)
        else:
            name = _valid(Username, "--username", username) if username else None
            _create(address, name, from_stdin=password_stdin)
    except SwitchboardError as error:
        raise click.ClickException(error.detail) from None


def _check_schema() -> None:
    try:
        is_current = migrate.is_current()
    except AWAY:
        raise DatabaseAway from None
    if not is_current:
        raise click.ClickException(
            "The database is not up to date: run `.venv/bin/python -m models.migrations up` first."
        )


def _valid(kind: Any, option: str, text: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_python(text))
    except ValidationError as error:
        ((_, reason), *_) = reasons.faults(error)
        raise click.BadParameter(f"{text} {reason}", param_hint=option) from None


def _create(email: str, username: str | None, *, from_stdin: bool) -> None:
    with reading() as db:
        holders = addresses.holders(db, email)
        if holders:
            command = f"make superuser EMAIL={email} PROMOTE=yes"
            is_verified = holders[0].email_verified
            warning = " Its owner has not verified the address: make sure that you know the account."
            raise click.ClickException(
                f"{email} already has an account.{'' if is_verified else warning} "
                f"To make it a superuser, run: {command}"
            )
        if username and users.of_username(db, username):
            raise click.ClickException(f"The username {username} is taken; choose another.")
    password = _password(from_stdin)
    passwords.check(password, (email, username))
    password_hash = passwords.hashed(password)
    with session() as db:
        administration.create(db, SHELL, email, username=username, password_hash=password_hash, is_superuser=True)
    click.echo(f"{email} is a superuser.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal on which to ask for the password; use --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _promote(email: str) -> None:
    with session() as db:
        user = _only(addresses.holders(db, email), email)
        if not user.is_active:
            raise click.ClickException(f"The account of {email} is disabled; a superuser must enable it first.")
        revoked = administration.set_superuser(db, SHELL, user.id, True)
    with suppress(RedisAway):  # then the rights come with the next refresh, within 25 minutes
        revoke(revoked)
    click.echo(f"{email} is a superuser.")


def _only(holders: list[User], email: str) -> User:
    """The only account of an address. Raises ClickException when there is none, or when the owner is in doubt."""
    if not holders:
        raise click.ClickException(f"{email} has no account; leave out --promote to create one.")
    if len(holders) > 1:
        raise click.ClickException(
            f"Several accounts use {email}, and none has verified it. Sign in to yours, verify the address, and try again."
        )
    return holders[0]
