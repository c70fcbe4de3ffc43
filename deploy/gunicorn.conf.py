"""gunicorn for every service's api. One process a pod, with threads: scale by pods."""

import os

bind = os.environ.get("SEN_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("SEN_WEB_WORKERS", "1"))
threads = int(os.environ.get("SEN_WEB_THREADS", "8"))
worker_class = "gthread"
# Made after the fork: a MongoClient does not survive one.
preload_app = False
timeout = 60
graceful_timeout = 20
keepalive = 15
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
accesslog = None
loglevel = "warning"
# The master's own lines too are JSON (shared/logs.py is the workers').
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{levelname}{name}{message}",
            "style": "{",
            "timestamp": True,
            "rename_fields": {"levelname": "level", "name": "logger"},
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["stderr"], "propagate": False}},
}
control_socket_disable = True
