"""One example for each model of the API document, of one story: Ada asks where her parcel is."""

from __future__ import annotations

from typing import Any

Example = dict[str, Any]
AT, LATER = "2026-11-20T19:49:38.108299Z", "2026-11-20T19:49:39.522414Z"
CONVERSATION_ID, CONTACT_ID = "0385c810-22fa-41f8-bcad-dbeb29ebd5bb", "d90f2ddb-4f81-4369-a549-15ca4821ef27"
MESSAGE_ID, REPLY_ID = "2c4042c8-2866-4247-a51f-d4d122d88fb9", "5fc0a680-ec40-541a-8527-0cc0809386ac"
USER_ID, ROLE_ID = "3f1dd3a5-0f0e-4b0d-9f65-2a1c0f6b8d11", "b0a6c9de-63c2-4d5c-8f0f-6b8d7f0f2a10"
OTHER_ID = "8d1b2f60-7a54-4c39-b7b8-0c7a5e1f4e22"
TOKEN, EMAIL, PASSWORD = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl", "ada@example.org", "a parcel from Berlin"
BYTES = "dGhpcnR5LXR3byByYW5kb20gYnl0ZXM"

CONVERSATION: Example = {
    "id": CONVERSATION_ID, "state": "agent", "channel": "web", "contact": CONTACT_ID, "user": None, "operator": None,
    "subject": "Where is my parcel?", "metadata": {}, "created_at": AT, "updated_at": LATER, "closed_at": None,
    "continued_by": None, "unread": 1, "revision": 3,
}  # fmt: skip
MESSAGE: Example = {
    "id": MESSAGE_ID, "conversation_id": CONVERSATION_ID, "author": {"kind": "contact", "name": "Ada"},
    "content": "Where is my parcel?", "channel": "web", "parent_id": None, "in_reply_to": None, "metadata": {},
    "created_at": AT, "edited_at": None, "read_at": None, "status": "answered", "revision": 2,
}  # fmt: skip
REPLY = MESSAGE | {
    "id": REPLY_ID, "author": {"kind": "agent", "name": "Switchboard"}, "content": "It arrives tomorrow.",
    "in_reply_to": MESSAGE_ID, "created_at": LATER, "revision": 1,
}  # fmt: skip
ROLE: Example = {
    "id": ROLE_ID, "name": "operator", "description": "Answers people", "permissions": ["operate"], "built_in": True,
}  # fmt: skip
USER: Example = {
    "id": USER_ID, "username": "ada", "email": EMAIL, "full_name": "Ada Lovelace", "bio": None, "phone_number": None,
    "email_verified": True, "phone_verified": False, "is_active": True, "is_superuser": False, "roles": [ROLE],
    "created_at": AT, "updated_at": LATER,
}  # fmt: skip
TOKENS: Example = {"access_token": TOKEN, "refresh_token": "sbr_c2VjcmV0", "token_type": "bearer", "expires_in": 1500}
DEVICE: Example = {
    "id": OTHER_ID, "device": "Firefox on Linux", "address": "192.0.2.7", "created_at": AT, "last_seen_at": LATER,
    "expires_at": "2026-11-27T19:49:38.108299Z", "current": True,
}  # fmt: skip
PASSKEY: Example = {
    "id": OTHER_ID, "name": "Laptop", "created_at": AT, "last_used_at": None, "backed_up": False, "transports": ["internal"],
}  # fmt: skip
API_KEY: Example = {
    "id": OTHER_ID, "name": "Shop", "scopes": ["conversations:read"], "created_at": AT, "last_used_at": None,
}  # fmt: skip
CREDENTIAL: Example = {"id": BYTES, "rawId": BYTES, "type": "public-key", "response": {"clientDataJSON": BYTES}}
STEP: Example = {"step": "receive", "at": AT, "try": 1, "outcome": "ok"}


def _page(*items: Example) -> Example:
    return {"items": list(items), "next": None}


EXAMPLES: dict[str, Example] = {
    "Index": {"name": "Switchboard", "version": "0.1.0", "links": {"chat": "/chat", "openapi": "/openapi.json"}},
    "Health": {"ok": True, "version": "0.1.0", "parts": {"database": "ok", "queues": {"receive": "ok"}}},
    "Ready": {"ready": True},
    "Registration": {"email": EMAIL, "password": PASSWORD, "username": "ada", "full_name": "Ada Lovelace"},
    "Login": {"email": EMAIL, "password": PASSWORD},
    "Refresh": {"refresh_token": TOKENS["refresh_token"]},
    "Profile": {"full_name": "Ada Lovelace", "bio": None},
    "NewPassword": {"current": PASSWORD, "new": "another parcel from Rome"},
    "NewPhone": {"phone_number": "+49 30 901820"},
    "NewEmail": {"email": EMAIL},
    "Code": {"code": "493027"},
    "Tokens": TOKENS,
    "SignedIn": TOKENS | {"user": USER},
    "User": USER,
    "Sessions": _page(DEVICE),
    "PasskeyFor": {"email": EMAIL},
    "MadePasskey": {"credential": CREDENTIAL, "name": "Laptop"},
    "UsedPasskey": {"credential": CREDENTIAL},
    "CreationOptions": {
        "challenge": BYTES, "timeout": 300000, "rp": {"id": "chat.example.com", "name": "Switchboard"},
        "user": {"id": BYTES, "name": EMAIL, "displayName": EMAIL},
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}], "excludeCredentials": [],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True}, "attestation": "none",
    },
    "RequestOptions": {
        "challenge": BYTES, "timeout": 300000, "rpId": "chat.example.com", "allowCredentials": [],
        "userVerification": "required",
    },
    "PasskeyMade": PASSKEY,
    "Passkeys": _page(PASSKEY),
    "NewKey": {"name": "Shop", "scopes": ["conversations:read"]},
    "NewApiKey": API_KEY | {"key": "sbk_c2VjcmV0"},
    "ApiKeys": _page(API_KEY),
    "Users": _page(USER),
    "NewUser": {"email": EMAIL, "full_name": "Ada Lovelace"},
    "UserChange": {"full_name": "Ada King"},
    "SuperuserMark": {"is_superuser": True},
    "RolesOfUser": {"role_ids": [ROLE_ID]},
    "Roles": _page(ROLE),
    "Role": ROLE,
    "NewRole": {"name": "asker", "description": "Asks for feedback", "permissions": ["feedback"]},
    "AuditEntries": _page({
        "id": OTHER_ID, "at": AT, "action": "user.disable", "actor": USER_ID, "subject": OTHER_ID,
        "address": "192.0.2.7", "detail": {},
    }),
    "Visit": {"name": "Ada", "email": EMAIL},
    "Opened": {"conversation": CONVERSATION, "token": TOKEN},
    "Conversation": CONVERSATION,
    "Conversations": _page(CONVERSATION),
    "NewMessage": {"content": "Where is my parcel?", "client_message_id": "7f0c1d"},
    "Message": MESSAGE,
    "Messages": _page(MESSAGE, REPLY),
    "Trace": {"steps": [STEP | {"step": "accept"}, STEP]},
    "AcceptedMessage": {"message_id": MESSAGE_ID},
    "Answered": {"message": MESSAGE, "reply": REPLY},
    "ReadMark": {"up_to": REPLY_ID},
    "HandOffRequest": {"reason": "The parcel is lost"},
    "Chat": {"message": {"content": "Where is my parcel?"}},
    "Chatted": {
        "conversation_id": CONVERSATION_ID, "token": TOKEN, "message_id": MESSAGE_ID, "reply": REPLY, "status": "answered",
    },
    "WebhookMessage": {"text": "Order 4711 was sent", "sender": "shop"},
    "Delivered": {"message_id": MESSAGE_ID, "conversation_id": CONVERSATION_ID},
}  # fmt: skip
