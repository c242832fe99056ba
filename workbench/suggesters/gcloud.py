"""Google Cloud Vision: labels and text. Sends pictures to Google; runs only when it is named."""

from __future__ import annotations

import base64
import http.client
import json
import os
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import BadValue, NotAllowed
from workbench.suggesters import Setting
from workbench.suggesters.reading import Line
from workbench.suggesters.services import Answer, Busy, Refused, Service

ENDPOINT = "https://vision.googleapis.com"
KEY, TOKEN = "GOOGLE_VISION_API_KEY", "GOOGLE_VISION_TOKEN"
"""Environment variables that hold an API key, or a bearer token of OAuth 2."""

_LOCAL = ("localhost", "127.0.0.1", "::1")
_SECONDS = 60.0
_LARGEST = 16 * 2**20  # bytes of an answer
_MOST = 20
_SURE = 0.8  # of a line of text, for which Vision gives no confidence
_BUSY = (8, 13, 14)  # google.rpc.Code: RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE


class Vision(Service):
    """Proposes what Google Cloud Vision sees and reads, over its REST protocol (``v1/images:annotate``).

    Parameters
    ----------
    setting : Setting
        Options: ``endpoint_url``, ``most`` (labels, 20), ``text_field``. The key or token comes from the environment
        (`KEY`, `TOKEN`), never from the workspace.

    Raises
    ------
    NotAllowed
        There is neither key nor token.
    """

    name = "gcloud"
    model = "Google Cloud Vision"
    version = "v1"

    def __init__(self, setting: Setting) -> None:
        place = urlsplit(str(setting.options.get("endpoint_url", ENDPOINT)))
        if not place.hostname or (place.scheme != "https" and place.hostname not in _LOCAL):
            raise BadValue("The endpoint must be an https address.", hint="Else the key would be sent in the open.")
        self._place = place
        self._headers = {"Content-Type": "application/json; charset=utf-8", **_credentials()}
        self._most = int(setting.options.get("most", _MOST))
        self.sends_to = f"Google Cloud Vision ({place.scheme}://{place.netloc})"
        super().__init__(setting)

    def ask(self, picture: bytes) -> Answer:
        """Return the labels and lines of text that Vision finds."""
        features = [{"type": "LABEL_DETECTION", "maxResults": self._most}, {"type": "TEXT_DETECTION"}]
        content = base64.b64encode(picture).decode("ascii")
        found = self._post({"requests": [{"image": {"content": content}, "features": features}]})
        if error := found.get("error"):
            said = f"Google Cloud Vision: {error.get('message', error)}"
            raise Busy(said) if error.get("code") in _BUSY else Refused(said)
        labels = [(label["description"], label["score"]) for label in found.get("labelAnnotations", ())]
        texts = [text["description"] for text in found.get("textAnnotations", ())[:1]]  # the first is the whole text
        return Answer(labels, [Line(line, _SURE) for text in texts for line in text.splitlines()])

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            status, after, answer = self._send(json.dumps(body).encode("ascii"))
        except (OSError, http.client.HTTPException) as error:
            raise Busy(f"{type(error).__name__}: {error}") from error
        if status == 429 or status >= 500:
            raise Busy(f"status {status}", float(after) if after.isdigit() else None)
        if status in (401, 403):
            raise NotAllowed(
                f"Google Cloud Vision doesn't let us ask (status {status}).", hint="Check the key or token."
            )
        found = _only_response(answer) if status == 200 else None
        if found is None:
            raise Refused(f"Google Cloud Vision gave an answer that makes no sense (status {status}).")
        return found

    def _send(self, body: bytes) -> tuple[int, str, bytes]:
        kind = http.client.HTTPSConnection if self._place.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._place.hostname), self._place.port, timeout=_SECONDS)
        try:
            path = self._place.path.rstrip("/") + "/v1/images:annotate"
            connection.request("POST", path, body=body, headers=self._headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Retry-After", ""), answer.read(_LARGEST)
        finally:
            connection.close()


def _only_response(answer: bytes) -> dict[str, Any] | None:
    try:
        [found] = json.loads(answer)["responses"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _credentials() -> dict[str, str]:
    if key := os.environ.get(KEY):
        return {"X-Goog-Api-Key": key}
    if token := os.environ.get(TOKEN):
        return {"Authorization": f"Bearer {token}"}
    raise NotAllowed("There is no key for Google Cloud Vision.", hint=f"Set {KEY} or {TOKEN} in the environment.")
