"""Flower's settings, read by `celery flower --conf`: no password in a command line, and nothing can be changed."""

from models.settings import settings
from workers.runtime.harmless_logs import quiet_flower

if not settings().flower_password:
    raise SystemExit("FLOWER_PASSWORD: must be set (`make run` makes one)")

quiet_flower()
address = settings().host
port = settings().flower_port
basic_auth = [f"{settings().flower_user}:{settings().flower_password}"]
read_only = True
certfile, keyfile = settings().ssl_cert, settings().ssl_key
