"""E-mail addresses, phone numbers and usernames in the one form that we store or compare."""

from __future__ import annotations

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from models.errors import Invalid

KEY_MAX = 400  # characters of the keys by which usernames are compared


def email_of(text: str) -> str:
    """The e-mail address in the form that we store (RFC 5321; its domain is not looked up). Raises Invalid."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise Invalid("email", "is not a valid e-mail address") from None


def phone_of(text: str) -> str:
    """The phone number in E.164, from its international form. Raises Invalid."""
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise Invalid(
            "phone_number", "is not a valid phone number with its country code, such as +49 30 901820"
        ) from None
    if not phonenumbers.is_valid_number(parsed):
        raise Invalid("phone_number", "is not in use in that country")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def key_of(username: str) -> str:
    """A key that is equal for usernames that differ only in case or in Unicode's compatibility forms."""
    return unicodedata.normalize("NFKC", username).casefold()
