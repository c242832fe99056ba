"""Services that look at pictures: the real clients, against local servers that speak their wire protocols."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from small_collections import fill, image_ids, jpeg

import workbench as wb
from workbench import suggesters
from workbench.errors import BadValue, NotAllowed
from workbench.suggesters.gcloud import KEY, TOKEN
from workbench.suggesters.services import TRIES, Busy, patiently

Answer = tuple[int, dict[str, str], Any]


class Server:
    """A local HTTP server that answers as it is told and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answer: Callable[[str, dict[str, str], dict[str, Any]], Answer] = lambda *request: (500, {}, {})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler inside
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                server.requests.append(asked)
                status, headers, answer = server.answer(*asked)
                content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wb.Bench]:
    home = tmp_path_factory.mktemp("services")
    files = {"a.jpg": jpeg(1, "Secret title", ("private",)), "b.jpg": jpeg(2)}
    with wb.open(home / "ws", actor="ann") as ws:
        ws.scan(fill(home / "src", files), progress=False)
        yield ws


class Waits:
    """Notes how long somebody wants to wait, and doesn't."""

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.seconds: list[float] = []
        self._stop_after = stop_after

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return self._stop_after is not None and len(self.seconds) >= self._stop_after


def run(ws: wb.Bench, name: str, options: dict[str, Any], waits: Waits | None = None) -> Any:
    """Run one suggester with waits that take no time."""
    from workbench.suggestion import _asking

    setting = suggesters.Setting(_asking(ws), None, options, waits or Waits())
    return ws.suggest(None, [suggesters.load(name, setting)])[name]


def proposed(ws: wb.Bench, path: str = "a.jpg") -> dict[tuple[str, str], float]:
    found = ws.suggestions(image_ids(ws)[path])
    return {(f, v): c for f, v, c in found[["field", "value", "confidence"]].itertuples(index=False)}


# -- Amazon Rekognition: AWS JSON 1.1


@pytest.fixture
def aws(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server.answer = rekognition
    return {"endpoint_url": server.url, "region": "eu-central-1"}


def rekognition(path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
    kind = {"Content-Type": "application/x-amz-json-1.1"}
    if headers["x-amz-target"] == "RekognitionService.DetectLabels":
        labels = [{"Name": "Shoe", "Confidence": 98.5, "Parents": []}, {"Name": "Red", "Confidence": 60}]
        return 200, kind, {"Labels": labels, "LabelModelVersion": "3.0"}
    texts = [
        {"Type": "LINE", "DetectedText": "RJ-1042-NVY", "Confidence": 99, "Geometry": {"BoundingBox": {"Height": 0.1}}},
        {"Type": "LINE", "DetectedText": "Summer sale", "Confidence": 90, "Geometry": {"BoundingBox": {"Height": 0.4}}},
        {"Type": "WORD", "DetectedText": "sale", "Confidence": 90},
    ]
    return 200, kind, {"TextDetections": texts}


def amazon_error(status: int, code: str) -> Answer:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, {"__type": code, "message": "because"}


def test_rekognition_labels_and_text(scanned: wb.Bench, server: Server, aws: dict[str, Any]) -> None:
    report = run(scanned, "aws", aws)
    assert (report.outcome, report.trouble_count) == ("finished", 0)
    found = proposed(scanned)
    assert found["Xmp.dc.subject", "Shoe"] == pytest.approx(0.985)
    assert found["Xmp.dc.title", "Summer sale"] == pytest.approx(0.45), "the biggest line"
    assert found["Xmp.dc.identifier", "RJ-1042-NVY"] > 0.7
    assert scanned.sql("select distinct version from suggestions where suggester = 'aws'")["version"].tolist() == [
        "3.0"
    ]
    assert server.url in report.sent_to
    assert "sent to Amazon Rekognition" in str(report)


def test_rekognition_is_asked_as_amazon_asks(scanned: wb.Bench, server: Server, aws: dict[str, Any]) -> None:
    run(scanned, "aws", {**aws, "text": False, "most": 3})
    assert len(server.requests) == 2, "no text was asked for"
    path, headers, body = server.requests[0]
    assert path == "/"
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-central-1/rekognition/aws4_request" in headers["authorization"]
    assert "Signature=" in headers["authorization"]
    assert "x-amz-date" in headers
    assert (body["MaxLabels"], body["MinConfidence"]) == (3, 55.0)
    sent = base64.b64decode(body["Image"]["Bytes"])
    assert Image.open(io.BytesIO(sent)).format == "JPEG"
    assert b"Secret title" not in sent, "metadata stays at home"


def test_a_busy_service_is_asked_again_later(scanned: wb.Bench, server: Server, aws: dict[str, Any]) -> None:
    refusals = [amazon_error(400, "ThrottlingException"), amazon_error(503, "ServiceUnavailable")]

    def first_refuse(*request: Any) -> Answer:
        return refusals.pop() if refusals else rekognition(*request)

    server.answer = first_refuse
    waits = Waits()
    assert run(scanned, "aws", aws, waits).trouble_count == 0
    assert len(waits.seconds) == 2
    assert 0.25 <= waits.seconds[0] <= 0.5 <= waits.seconds[1] <= 1


def test_a_service_that_stays_busy_costs_a_bounded_number_of_calls(
    scanned: wb.Bench, server: Server, aws: dict[str, Any]
) -> None:
    server.answer = lambda *request: amazon_error(400, "ProvisionedThroughputExceededException")
    waits = Waits()
    report = run(scanned, "aws", aws, waits)
    assert report.kept == 0
    assert len(server.requests) == 2 * TRIES
    assert len(waits.seconds) == 2 * (TRIES - 1)
    assert "ProvisionedThroughputExceeded" in report.troubles[0].message


def test_cancelling_ends_the_waiting(scanned: wb.Bench, server: Server, aws: dict[str, Any]) -> None:
    server.answer = lambda *request: amazon_error(500, "InternalServerError")
    run(scanned, "aws", aws, Waits(stop_after=1))
    assert len(server.requests) == 2, "one for each picture"


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"])
def test_no_rights_is_said_once(scanned: wb.Bench, server: Server, aws: dict[str, Any], code: str) -> None:
    server.answer = lambda *request: amazon_error(400, code)
    report = run(scanned, "aws", aws)
    assert len(server.requests) == 1
    assert "because" in report.troubles[0].message


def test_a_picture_that_is_refused_costs_itself(scanned: wb.Bench, server: Server, aws: dict[str, Any]) -> None:
    def refuse_first(*request: Any) -> Answer:
        return amazon_error(400, "InvalidImageFormatException") if len(server.requests) == 1 else rekognition(*request)

    server.answer = refuse_first
    report = run(scanned, "aws", aws)
    assert (report.outcome, report.trouble_count) == ("finished", 1)
    assert report.kept > 0


@pytest.mark.parametrize(
    "answer", [{"Labels": [{"Nom": "x"}]}, {"Labels": [{"Name": 5, "Confidence": 1e9}]}, b"<html>"]
)
def test_nonsense_from_amazon_is_trouble(scanned: wb.Bench, server: Server, aws: dict[str, Any], answer: Any) -> None:
    server.answer = lambda *request: (200, {"Content-Type": "application/x-amz-json-1.1"}, answer)
    report = run(scanned, "aws", {**aws, "text": False})
    assert report.kept == 0
    assert report.trouble_count >= 1


def test_without_a_region_or_credentials(
    scanned: wb.Bench, server: Server, aws: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(NotAllowed, match="region"):
        run(scanned, "aws", {})
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    report = run(scanned, "aws", aws)
    assert server.requests == []
    assert "credentials" in report.troubles[0].message


# -- Google Cloud Vision: REST


@pytest.fixture
def google(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv(KEY, "made-up-key")
    server.answer = vision
    return {"endpoint_url": server.url}


def vision(path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
    found = {
        "labelAnnotations": [{"mid": "/m/06rrc", "description": "Shoe", "score": 0.97, "topicality": 0.97}],
        "textAnnotations": [
            {"locale": "de", "description": "Größe 42\nRJ-1042-NVY\n"},
            {"description": "Größe"},
        ],
    }
    return 200, {}, {"responses": [found]}


def test_vision_labels_and_text(scanned: wb.Bench, server: Server, google: dict[str, Any]) -> None:
    report = run(scanned, "gcloud", google)
    assert (report.outcome, report.trouble_count) == ("finished", 0)
    found = proposed(scanned)
    assert found["Xmp.dc.subject", "Shoe"] == pytest.approx(0.97)
    assert ("Xmp.dc.description", "Größe 42\nRJ-1042-NVY") in found
    assert ("Xmp.dc.identifier", "RJ-1042-NVY") in found
    path, headers, body = server.requests[0]
    assert path == "/v1/images:annotate"
    assert headers["x-goog-api-key"] == "made-up-key"
    [request] = body["requests"]
    assert [feature["type"] for feature in request["features"]] == ["LABEL_DETECTION", "TEXT_DETECTION"]
    assert Image.open(io.BytesIO(base64.b64decode(request["image"]["content"]))).format == "JPEG"


def test_vision_by_token(
    scanned: wb.Bench, server: Server, google: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY)
    monkeypatch.setenv(TOKEN, "made-up-token")
    run(scanned, "gcloud", google)
    assert server.requests[0][1]["authorization"] == "Bearer made-up-token"
    assert "x-goog-api-key" not in server.requests[0][1]


def test_vision_says_how_long_to_wait(scanned: wb.Bench, server: Server, google: dict[str, Any]) -> None:
    refusals: list[Answer] = [(429, {"Retry-After": "7"}, {}), (503, {"Retry-After": "99999"}, {})]
    server.answer = lambda *request: refusals.pop(0) if refusals else vision(*request)
    waits = Waits()
    assert run(scanned, "gcloud", google, waits).trouble_count == 0
    assert waits.seconds == [7.0, 30.0], "never longer than half a minute"


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b"\xff\xfe"), (200, []), (200, {"responses": []}), (200, {"responses": [5]}), (404, {}), (302, {}),
        (200, {"responses": [{"error": {"code": 3, "message": "Bad image data."}}]}),
        (200, {"responses": [{"labelAnnotations": [{"mid": "x"}]}]}), (200, {"responses": [{"labelAnnotations": 7}]}),
    ],
)  # fmt: skip
def test_nonsense_from_google_is_trouble(
    scanned: wb.Bench, server: Server, google: dict[str, Any], status: int, answer: Any
) -> None:
    server.answer = lambda *request: (status, {}, answer)
    report = run(scanned, "gcloud", google)
    assert (report.outcome, report.kept, report.trouble_count) == ("finished", 0, 2)
    assert len(server.requests) == 2, "asking again wouldn't help"


def test_google_without_rights_or_key(
    scanned: wb.Bench, server: Server, google: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer = lambda *request: (403, {}, {})
    assert "403" in run(scanned, "gcloud", google).troubles[0].message
    assert len(server.requests) == 1
    monkeypatch.delenv(KEY)
    with pytest.raises(NotAllowed, match=KEY):
        run(scanned, "gcloud", google)


def test_a_key_is_never_sent_in_the_open(scanned: wb.Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "made-up-key")
    for url in ("http://vision.example", "ftp://127.0.0.1.example", "vision", ""):
        with pytest.raises(BadValue):
            run(scanned, "gcloud", {"endpoint_url": url})


def test_a_server_that_is_not_there(scanned: wb.Bench, server: Server, google: dict[str, Any]) -> None:
    server.close()
    waits = Waits()
    report = run(scanned, "gcloud", google, waits)
    assert report.trouble_count == 2
    assert len(waits.seconds) == 2 * (TRIES - 1)


# -- both


def test_nothing_leaves_the_machine_unless_it_is_named(
    scanned: wb.Bench, server: Server, aws: dict[str, Any], google: dict[str, Any]
) -> None:
    report = scanned.suggest(options={"aws": aws, "gcloud": google})
    assert not any(one.sent_to for one in report.suggesters)
    assert server.requests == []


def test_an_unreadable_picture_is_not_sent(
    tmp_path: Path, server: Server, google: dict[str, Any], scanned: wb.Bench
) -> None:
    source = fill(tmp_path / "src", {"a.jpg": jpeg(1), "gone.jpg": jpeg(3), "later.jpg": jpeg(4)})
    with wb.open(tmp_path / "ws", actor="ann") as ws:
        ws.scan(source, progress=False)
        (source / "gone.jpg").unlink()
        (source / "later.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture any more")
        report = run(ws, "gcloud", google)
    assert (report.outcome, report.trouble_count, len(server.requests)) == ("finished", 2, 1)


@given(st.integers(1, 8), st.one_of(st.none(), st.floats(0, 1e6)))
def test_waits_are_bounded(tries: int, after: float | None) -> None:
    waits, calls = Waits(), []

    def busy() -> None:
        calls.append(1)
        raise Busy("later", after)

    with pytest.raises(Busy):
        patiently(busy, waits, tries=tries)
    assert len(calls) == tries
    assert len(waits.seconds) == tries - 1
    assert all(0 <= seconds <= 30 for seconds in waits.seconds)
