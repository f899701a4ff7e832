from models.settings import settings

broker_url = settings().broker_url
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
task_serializer = "json"
accept_content = ["json"]
broker_transport_options = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
broker_connection_retry_on_startup = True
worker_cancel_long_running_tasks_on_connection_loss = False
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
worker_send_task_events = True
task_send_sent_event = True
beat_schedule = {"sweep": {"task": "sweep", "schedule": 2.0, "options": {"queue": "sweep", "expires": 1.5}}} | {
    f"heartbeat-{q}": {"task": "heartbeat", "schedule": 5.0, "args": [q], "options": {"queue": q, "expires": 4}}
    for q in ("inbound", "agents", "sweep")
}
