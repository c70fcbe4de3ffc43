"""The desk of the embedded stack: a first page, the local issuer, the mailbox, the traces."""

import json
import logging
import os
import signal
import sys
from pathlib import Path

from flask import Flask, render_template_string
from werkzeug.serving import make_server

from deploy.local import issuer, mailbox, notify, traces

_FIRST = """<!doctype html><html lang="en-GB"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>SEN Support, here</title>
<style>body{font:1.1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}</style>
<h1>SEN Support, on this machine</h1><ul><li><a href="{{ urls['referrals'] }}/">Referrals</a>: queue, directory, sessions (choose who you are)</li>
<li><a href="{{ urls['notifications'] }}/">What families are told</a>: people, what is due, how sending goes (choose who you are)</li>
<li><a href="/mail">Mailbox</a>: what families were sent, and their <a href="/texts">texts</a></li>
<li><a href="/traces">Traces</a>: what came of each request, through all four services</li>
{% for name, url in urls.items() %}<li><a href="{{ url }}/docs">{{ name }}</a>: its API</li>
{% endfor %}</ul><p>A token to call the APIs: <code>make token ROLE=senco SETTING=&lt;id&gt;</code></p></html>"""


def create_app(folder: Path, kept: mailbox.Mailbox) -> Flask:
    """The desk's pages."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(issuer.blueprint(issuer.Issuer(folder / "issuer")))
    app.register_blueprint(mailbox.blueprint(kept))
    app.register_blueprint(notify.NotifyStub().blueprint())
    app.register_blueprint(traces.blueprint(traces.Traces()))

    @app.get("/")
    def first() -> str:
        return render_template_string(_FIRST, urls=json.loads(os.environ.get("SEN_URLS", "{}")))

    return app


def main() -> None:
    """`python -m deploy.local.desk FOLDER PORT SMTP_PORT [HOST]`"""
    host = sys.argv[4] if len(sys.argv) > 4 else "127.0.0.1"
    folder, port, smtp_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    kept = mailbox.Mailbox(folder / "mail")
    smtp = mailbox.listen(kept, smtp_port, host)
    server = make_server(host, port, create_app(folder, kept), threaded=True)

    def stop(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever()
    finally:
        smtp.stop(no_assert=True)


if __name__ == "__main__":
    main()
