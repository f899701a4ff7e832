"""What people write to say who they are, in the one form that we keep or compare."""

from __future__ import annotations

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from models.errors import Invalid

KEY_MAX = 400  # characters of what usernames are compared by


def email_of(written: str) -> str:
    """An e-mail address in the one form we keep (RFC 5321; the domain is not asked). Raises Invalid."""
    try:
        return validate_email(written, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid("email", "is not a valid e-mail address") from None


def phone_of(written: str) -> str:
    """A phone number as E.164, from its international form. Raises Invalid."""
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        raise Invalid(
            "phone_number", "is not a valid phone number with its country code, such as +49 30 901820"
        ) from None
    if not phonenumbers.is_valid_number(parsed):
        raise Invalid("phone_number", "is not in use in that country")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def key_of(username: str) -> str:
    """What two usernames have in common that a person would take for the same."""
    return unicodedata.normalize("NFKC", username).casefold()
