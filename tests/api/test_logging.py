"""What stands in the log when something breaks."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

BREAK = """
import structlog
from app.telemetry import configure_logging

configure_logging("info", as_json={as_json})
headers = [(b"authorization", b"Bearer cdk_of_a_caller")]
try:
    raise ValueError("it broke")
except ValueError as error:
    structlog.get_logger().error("request_broke", exc_info=error)
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_do_not_show_what_callers_sent(as_json: bool):
    ran = subprocess.run(
        [sys.executable, "-c", BREAK.format(as_json=as_json)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "ValueError: it broke" in ran.stderr
    assert "cdk_" not in ran.stderr
