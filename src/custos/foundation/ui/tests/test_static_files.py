"""Styles and scripts as they are served."""

import gzip

import pytest
from django.core.handlers.base import BaseHandler
from django.test import Client, RequestFactory

#: One that is stored compressed, and one that isn't.
FILES = ["/static/vendor/echarts.js", "/static/ui/live.js"]


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-encoding": "gzip"})


@pytest.mark.parametrize("path", FILES)
def test_what_was_not_modified_has_no_body(client: Client, path: str) -> None:
    since = client.get(path).headers["Last-Modified"]
    # Not by the client, which takes the body away as a lenient server would.
    handler = BaseHandler()
    handler.load_middleware()
    asked = {"if-modified-since": since, "accept-encoding": "gzip"}
    answer = handler.get_response(RequestFactory().get(path, headers=asked))
    assert answer.status_code == 304
    # A server refuses to send a body behind such a status, and breaks the connection off.
    assert b"".join(answer) == b""


@pytest.mark.parametrize("path", FILES)
def test_a_file_comes_compressed_and_in_one_piece(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (
        not answer.streaming
    )  # else a server that is asynchronous reads it whole first, and warns
    plain = Client().get(path).content
    assert len(plain) > 1000
    assert gzip.decompress(answer.content) == plain
    assert int(answer.headers["Content-Length"]) == len(answer.content) < len(plain)


def test_a_part_of_a_file_is_what_was_asked_for(client: Client) -> None:
    answer = client.get(FILES[1], headers={"range": "bytes=0-499"})
    assert answer.status_code == 206
    assert "Content-Encoding" not in answer.headers
    assert answer.content == Client().get(FILES[1]).content[:500]
