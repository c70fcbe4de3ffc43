"""gunicorn for every service's api. One process a pod, with threads: scale by pods."""

import os
from typing import Any

from gunicorn.glogging import Logger

from shared import logs

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
control_socket_disable = True


class JsonLogger(Logger):
    """The master's own lines too are JSON (the workers' are by `logs.configure`).

    Given as `logconfig_dict`, gunicorn would put together a line for every request, to throw
    it away.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter())


logger_class = JsonLogger
