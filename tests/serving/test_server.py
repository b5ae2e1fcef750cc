"""What the server is told: nothing that a client sends reaches the log, nothing says what it is."""

import pytest

from inkling.errors import ServiceError
from inkling.serving.server import _config, _listen
from inkling.serving.settings import Settings


def test_the_server_is_quiet_about_itself_and_its_clients() -> None:
    config = _config(Settings(idle_seconds=3.0), 2)
    assert not config.server_header
    assert not config.access_log
    assert config.workers == 2
    assert config.ws == "none"
    assert config.factory


def test_it_listens_where_it_is_told_alone() -> None:
    with pytest.raises(ServiceError, match="--host is empty"):
        _listen("", 0)
    with _listen("127.0.0.1", 0) as listener:
        address, port = listener.getsockname()
        assert address == "127.0.0.1"
        with pytest.raises(ServiceError):
            _listen("203.0.113.1", port)  # of no interface of this machine
