"""Celery's settings. A task here is only a wake-up: what it is about is kept in the ledger and the database."""

from kombu import Exchange, Queue

from models.settings import settings
from workers.runtime.chains import QUEUES, STAGES

broker_url = settings().broker_url
_redis = "redis" in broker_url.partition("://")[0]
_rabbit = broker_url.startswith(("amqp://", "amqps://", "pyamqp://"))

# Queues and tasks. RabbitMQ gets quorum queues; Redis has one kind only and takes no notice of the arguments.
_arguments = {"x-queue-type": "quorum"} if _rabbit else None
task_queues = [Queue(name, Exchange(name), routing_key=name, queue_arguments=_arguments) for name in QUEUES]
task_default_queue = QUEUES[0]
task_routes = {stage.task: {"queue": stage.queue} for stage in STAGES.values()}
task_create_missing_queues = False

# A task is given back when its worker dies, and one is fetched at a time, so that no slot hoards what another could do.
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1

# No results: replies travel over the relay. JSON only: a pickle from the broker could run code.
task_ignore_result = True
task_serializer = "json"
result_serializer = "json"
accept_content = ["json"]

# Without time-outs a frozen broker would hold a publisher for good.
if _redis:
    broker_transport_options = {
        "global_keyprefix": "queue:",  # else a queue could have the name of one of our keys
        # Seconds from delivery until a task that is not done is delivered again. An answer may take longer (AGENT_TIMEOUT,
        # and more messages that came meanwhile): its second delivery finds the lease taken and ends.
        "visibility_timeout": 300,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
elif _rabbit:
    broker_transport_options = {"confirm_publish": True, "connect_timeout": 2, "read_timeout": 5, "write_timeout": 5}
    broker_heartbeat = 10

# A broker that is away comes back: workers wait for it for ever, publishers for a moment (the sweeper wakes again).
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
worker_cancel_long_running_tasks_on_connection_loss = False
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}

# Flower lives on events.
worker_send_task_events = True
task_send_sent_event = True

# Each entry expires before the next is due, so that a queue nobody reads does not fill.
beat_schedule_filename = str(settings().var_folder / "beat-schedule")
beat_schedule = {"sweep": {"task": "sweep", "schedule": 2.0, "options": {"queue": "sweep", "expires": 1.5}}} | {
    f"heartbeat-{name}": {
        "task": "heartbeat",
        "schedule": 5.0,
        "args": [name],
        "options": {"queue": name, "expires": 4},
    }
    for name in QUEUES
}
