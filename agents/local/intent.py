"""Intents besides questions: a greeting, thanks, a question about ourselves, the wish for a person. Patterns recognise them,
so that the same words always get the same answer."""

from __future__ import annotations

import re

_PERSON = (
    r"((real |actual |live )?(human( being)?|person)|someone|somebody|representative|staff|operator"
    r"|support( team| agent| staff)?)"
)
_AGENT = r"((human|live|real|support|service) agent|an agent)"
_SPEAK = r"(talk|speak|chat|connect|transfer|escalate|hand( me)? over|forward|put me through|pass me on)"
_WISH = r"(want|need|would like|'d like|get|give|bring|call|fetch|prefer|may i have|can i have|let me have)"
_WANTS_PERSON = re.compile(
    rf"\b{_SPEAK}\b.{{0,30}}\b({_PERSON}|{_AGENT}|agent)\b"
    rf"|\b{_WISH}\b( to (get|have|reach|see))?( me| us)?( an?| the| some| your| help from an?)? ?({_PERSON}|{_AGENT})\b"
    rf"|^\W*((an?|the|yes|ok|please),? )*({_PERSON}|agent)( please)?\W*$"
    rf"|\bis (there )?({_PERSON})( there| here| available)\b",
    re.IGNORECASE,
)
_REFUSES_PERSON = re.compile(
    r"\b(don'?t|do not|not|no need|never|without|instead of)\b.{0,30}\b(person|human|operator)", re.IGNORECASE
)
# "How does one hand over to a person" asks about the product; "how can I talk to a person" asks for one.
_ASKS_ABOUT = re.compile(
    r"^\W*(what|when|why|which|where|who|does|do you|is it|how)\b(?!.{0,12}\b(i|we)\b.{0,12}\b(talk|speak|reach|chat)\b)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(hi+|hello|hey+|hiya|howdy|greetings|good (morning|afternoon|evening|day)|moin|hallo|hola|salut|bonjour|servus)"
    r"(\W+(there|all|everyone|team|switchboard|bot|how are you( doing)?( today)?))*\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\W*((ok(ay)?|great|perfect|cool|nice|super|good|wow|many|got it|alright),?\W*)*"
    r"(thanks?( you)?|thx|cheers|bye|goodbye|see you|great|perfect|cool|got it|ok(ay)?)"
    r"(\W+(a lot|so much|very much|a bunch|for (your|the) help|for that|bye|that helped|everyone|mate))*\W*$",
    re.IGNORECASE,
)
_ABOUT_ME = re.compile(
    r"^\W*(who|what) (are|r) (you|u)\b|\bare you (an? |the )?(real|human|person|bot|robot|ai|machine|chatgpt|gpt)\b"
    r"|^\W*(what|how) can you (do|help)|^\W*(can you )?help( me)?\W*$|\byour name\b|^\W*who am i (talking|speaking)"
    r"|^\W*what('s| is) (this|it|that)( here| thing| all)?( about)?\W*$",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(
    r"^\W*(and|but|or|also|so|then|what about|how about|what if|same for|why|how so)\b"
    r"|\b(it|that|this|they|them|those|these|there)\b",
    re.IGNORECASE,
)
_HOW_TO_USE = re.compile(
    r"^\W*(and |so |ok(ay)?,? )?how (do|can|should|must|would|to|does)( (i|we|you|one|somebody))?"
    r" (use|begin|get started|work with) ?(with )?(it|this|that|switchboard|(this|the) (thing|product|app))?"
    r"( now| then)?\W*$",
    re.IGNORECASE,
)
# The documentation has nothing about a person's own purchases, bookings or claims.
_THEIR_OWN = re.compile(
    r"\b(my|our) (\w+ )?(order|parcel|package|delivery|shipment|invoice|refund|purchase|booking|reservation|bill)s?\b"
    r"|\b(order|parcel|invoice|booking|ticket|customer)( (no|nr|number))?\.? ?#? ?\d{2,}",
    re.IGNORECASE,
)
FOLLOW_UP_LENGTH = 8  # words


def wants_person(text: str) -> bool:
    """True when the text asks for a person, and does not merely ask about persons."""
    if not _WANTS_PERSON.search(text) or _REFUSES_PERSON.search(text):
        return False
    return not _ASKS_ABOUT.search(text)


def greets(text: str) -> bool:
    return bool(_GREETING.match(text))


def thanks(text: str) -> bool:
    return bool(_THANKS.match(text))


def asks_about_me(text: str) -> bool:
    return bool(_ABOUT_ME.search(text))


def asks_how_to_use(text: str) -> bool:
    """True for a question about using the product as a whole, whatever the conversation was about before."""
    return bool(_HOW_TO_USE.match(text))


def asks_about_their_own(text: str) -> bool:
    """True for a question about the person's own order or the like. The documentation uses those words in another sense."""
    return bool(_THEIR_OWN.search(text))


def follows_up(text: str) -> bool:
    """True for a short message that refers to the previous one."""
    return len(text.split()) <= FOLLOW_UP_LENGTH and bool(_FOLLOW_UP.search(text))
