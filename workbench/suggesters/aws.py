"""Amazon Rekognition: labels and text. Sends pictures to Amazon; runs only when it is named."""

from __future__ import annotations

from typing import Any

from workbench.errors import NotAllowed
from workbench.suggesters import Setting, missing
from workbench.suggesters.reading import Line
from workbench.suggesters.services import Answer, Busy, Refused, Service

_LEAST = 55.0  # per cent; Rekognition's own default
_MOST = 20
_LATER = ("Throttl", "ProvisionedThroughputExceeded", "LimitExceeded", "TooManyRequests", "RequestTimeout")
_NOT_ALLOWED = ("AccessDenied", "UnrecognizedClient", "InvalidSignature", "ExpiredToken", "InvalidClientTokenId")


class Rekognition(Service):
    """Proposes what Amazon Rekognition sees and reads.

    Credentials come from where the AWS tools look for them, never from the workspace.

    Parameters
    ----------
    setting : Setting
        Options: ``region``, ``endpoint_url``, ``least`` (confidence in per cent, 55), ``most`` (labels, 20),
        ``text`` (false: don't ask for text), ``text_field``.
    """

    name = "aws"
    model = "Amazon Rekognition"
    version = ""

    def __init__(self, setting: Setting) -> None:
        try:
            import boto3
            import botocore.exceptions
            from botocore.config import Config
        except ImportError:
            raise missing(self.name, "boto3") from None
        told = setting.options
        self._errors = botocore.exceptions
        # Retries are ours: bounded, and they end when somebody cancels.
        once = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        try:
            self._client = boto3.session.Session().client(
                "rekognition", region_name=told.get("region"), endpoint_url=told.get("endpoint_url"), config=once
            )
        except botocore.exceptions.BotoCoreError as error:
            raise NotAllowed(f"Amazon Rekognition can't be asked: {error}", hint="Set the option 'region'.") from None
        self.sends_to = f"Amazon Rekognition ({self._client.meta.endpoint_url})"
        self._least, self._most = float(told.get("least", _LEAST)), int(told.get("most", _MOST))
        self._text = bool(told.get("text", True))
        super().__init__(setting)

    def ask(self, picture: bytes) -> Answer:
        """Return the labels and lines of text that Rekognition finds."""
        sent = {"Bytes": picture}
        seen = self._call("detect_labels", Image=sent, MaxLabels=self._most, MinConfidence=self._least)
        read = self._call("detect_text", Image=sent) if self._text else {"TextDetections": []}
        labels = [(label["Name"], label["Confidence"] / 100) for label in seen["Labels"]]
        found = [text for text in read["TextDetections"] if text.get("Type") == "LINE"]
        lines = [Line(text["DetectedText"], text["Confidence"] / 100, _height(text)) for text in found]
        return Answer(labels, lines, version=str(seen.get("LabelModelVersion", "")))

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
            return answer
        except self._errors.ClientError as error:
            raise _meaning(error.response) from error
        except (self._errors.NoCredentialsError, self._errors.PartialCredentialsError) as error:
            raise NotAllowed(str(error), hint="Set up credentials as for the AWS command line.") from None
        except (self._errors.HTTPClientError, self._errors.ResponseParserError) as error:
            raise Busy(str(error)) from error


def _height(text: dict[str, Any]) -> float:
    return float(text.get("Geometry", {}).get("BoundingBox", {}).get("Height", 0))


def _meaning(response: dict[str, Any]) -> Exception:
    code, message = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", ""))
    about = response.get("ResponseMetadata", {})
    status = about.get("HTTPStatusCode", 0)
    if status == 429 or status >= 500 or code.startswith(_LATER):
        after = about.get("HTTPHeaders", {}).get("retry-after", "")
        return Busy(f"{code} {message}".strip(), float(after) if after.isdigit() else None)
    if code.startswith(_NOT_ALLOWED):
        return NotAllowed(f"Amazon Rekognition: {message or code}", hint="Check the credentials and their rights.")
    return Refused(f"Amazon Rekognition: {code} {message}".strip())
