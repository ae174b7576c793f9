"""A WebSub hub of others' making, Flask-WebSub, on a free port of loopback, which it prints.

Run by an environment of its own (`make hub`). Its tasks, made for a queue, run in threads here.
"""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace

from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server


class Threads:
    """As much of Celery as the hub asks for: a task is run, and run again, by a thread."""

    def task(self, *, bind: bool = False, max_retries: int = 0):
        def made(function):
            def run(tries, arguments):
                def retry(*, countdown):
                    if tries < max_retries:
                        threading.Timer(countdown, run, (tries + 1, arguments)).start()

                task = SimpleNamespace(request=SimpleNamespace(retries=tries), retry=retry)
                function(*((task,) if bind else ()), *arguments)

            def delay(*arguments):
                threading.Thread(target=run, args=(0, arguments), daemon=True).start()

            return SimpleNamespace(delay=delay)

        return made


def main() -> None:
    app = Flask("hub")
    app.config["PUBLISH_SUPPORTED"] = True
    hub = Hub(SQLite3HubStorage(sys.argv[1]), Threads(), PUBLISH_SUPPORTED=True)
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)  # noqa: T201 - what it is started for
    server.serve_forever()


main()
