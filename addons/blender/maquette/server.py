"""A Maquette server, called with the standard library alone. Knows nothing of Blender, so that threads may use it."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
import uuid

TIMEOUT = 60


class ServerError(Exception):
    """What the server answered when it did not do what was asked; the text is for the user."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Server:
    def __init__(self, address, dev_id, api_key, refresh_token):
        parts = urllib.parse.urlsplit(address.strip())
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ServerError(0, f"The server is '{address}'; expected an address such as http://localhost:8080")
        if not (dev_id and api_key and refresh_token):
            raise ServerError(0, "The credentials are missing: fill them in or load the credentials file")
        self.address = f"{parts.scheme}://{parts.netloc}"
        self.dev_id, self.api_key, self.refresh_token = dev_id.strip(), api_key.strip(), refresh_token.strip()
        self.jwt = None

    def me(self):
        return self._call("GET", "/api/maquette/v1/me")

    def make(self, pictures, fields):
        """Starts an asset. `pictures` are paths or URLs, each with the side that it shows; returns its requestID."""
        return self._call("POST", "/api/v1/process", *_form(pictures, {"devID": self.dev_id, **fields}))["requestID"]

    def revise(self, request_id, pictures, fields):
        """Starts a new version of an asset; returns its number and what the description brought about."""
        path = f"/api/maquette/v1/requests/{urllib.parse.quote(request_id)}/iterations"
        answer = self._call("POST", path, *_form(pictures, fields))
        return answer["iterationID"], answer["applied"]

    def get(self, request_id):
        return self._call("GET", f"/api/maquette/v1/requests/{urllib.parse.quote(request_id)}")

    def list(self, limit):
        query = urllib.parse.urlencode({"devID": self.dev_id, "limit": limit})
        return self._call("GET", f"/api/v1/fetchAll?{query}")["assets"]

    def download(self, link, path):
        """Writes a result to a file, all of it or nothing."""
        with self._open(urllib.request.Request(link)) as answer, open(f"{path}.part", "wb") as out:
            while chunk := answer.read(1 << 20):
                out.write(chunk)
        os.replace(f"{path}.part", path)

    def _refresh(self):
        headers = {"x-api-key": self.api_key, "refresh-token": self.refresh_token, "content-type": "application/json"}
        body = json.dumps({"devID": self.dev_id}).encode()
        request = urllib.request.Request(f"{self.address}/api/v1/refreshJWT", body, headers, method="POST")
        with self._open(request) as answer:
            self.jwt = json.load(answer)["jwt"]

    def _call(self, method, path, body=None, content_type=None):
        if self.jwt is None:
            self._refresh()
        for last_try in (False, True):
            headers = {"x-api-key": self.api_key, "authorization": self.jwt}
            if content_type:
                headers["content-type"] = content_type
            request = urllib.request.Request(self.address + path, body, headers, method=method)
            try:
                with self._open(request) as answer:
                    return json.load(answer)
            except ServerError as error:
                # An account has one valid JWT: another program may have got a newer one.
                if error.status != 401 or last_try:
                    raise
                self._refresh()

    def _open(self, request):
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            try:
                message = json.load(error)["message"]
            except (ValueError, KeyError, TypeError):
                message = f"{self.address} answered {error.code}; is it a Maquette server?"
            raise ServerError(error.code, message) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise ServerError(0, f"Cannot reach {self.address} ({reason}). Is the server running?") from None


def _form(pictures, fields):
    """A multipart body: the fields, the files, the URLs, and which side each picture shows."""
    boundary = uuid.uuid4().hex
    # The server counts files before URLs, and the views are parallel to that.
    files = [(source, view) for source, view in pictures if not is_url(source)]
    urls = [(source, view) for source, view in pictures if is_url(source)]
    fields = {name: value for name, value in fields.items() if value not in (None, "")}
    if urls:
        fields["imageUrls"] = json.dumps([url for url, _ in urls])
    views = [view for _, view in files + urls]
    if any(view != "auto" for view in views):
        fields["views"] = json.dumps(views)
    parts = []
    for name, value in fields.items():
        text = "true" if value is True else str(value)
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    for path, _ in files:
        name = os.path.basename(path).replace('"', "_")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="images"; filename="{name}"\r\n\r\n'
        with open(path, "rb") as file:
            parts.append(head.encode() + file.read() + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def is_url(source):
    return source.startswith(("http://", "https://", "data:"))
