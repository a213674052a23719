"""A client with one connection. It checks what is the same for all answers."""

import http.client
import json
import urllib.parse

# Longer than any answer may take, so that it is seen how long a late one takes.
PATIENCE = 20
# A Cloakroom closes a connection that is idle for 15 s (limits.header-timeout). A client has to expect that.
IDLE = 10


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def version(self):
        """The number in the ETag."""
        return int(self.headers["etag"].strip('"'))


class Client:
    """A user's client. `is_direct` is true if it goes to one Cloakroom, past HAProxy: with that Cloakroom killed, its
    requests are no measure of the service."""

    def __init__(self, port, watch, token=None, is_direct=False):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.watch, self.token, self.is_direct = watch, token, is_direct
        self.used = 0.0

    def call(self, method, path, body=None, kind="read", expect=(200,), form=None, if_match=None):
        """Returns the answer, or None if the request was refused with a 503, or the connection was cut. Complains of
        any other status than those to `expect`. `kind` is "read" or "write"."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        if form is not None:
            data, headers["Content-Type"] = urllib.parse.urlencode(form), "application/x-www-form-urlencoded"
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        what, began = f"{method} {path}", self.watch.begin()
        if began - self.used > IDLE:
            self.connection.close()
        self.used = began
        if self.is_direct:
            kind = "direct"
        try:
            self.connection.request(method, path, data, headers)
            raw = self.connection.getresponse()
            text = raw.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            is_hanging = isinstance(error, TimeoutError)
            if is_hanging:
                self.watch.complain(f"{what}: no answer within {PATIENCE} s")
            self.watch.note(began, kind, "cut", f"{what} ({error!r})")
            return None
        answer = self.read(raw, text, what)
        self.watch.note(began, kind, "refused" if raw.status == 503 else "answered", what)
        if raw.status == 503:
            return None
        if raw.status not in expect:
            self.watch.complain(f"{what} was answered with {raw.status}, and not with one of {expect}: {text[:200]!r}")
            return None
        return answer

    def read(self, raw, text, what):
        headers = {name.lower(): value for name, value in raw.getheaders()}
        body = None
        if text:
            try:
                body = json.loads(text)
            except ValueError:
                self.watch.complain(f"{what}: {raw.status} without JSON: {text[:200]!r}")
        if raw.status == 503 and not (headers.get("retry-after", "").isdigit() and body and "detail" in body):
            self.watch.complain(f"{what}: a 503 without Retry-After or detail: {headers} {text[:200]!r}")
        return Answer(raw.status, headers, body)

    def log_in(self, username, password):
        """Gets a token. Returns whether that worked."""
        form = {"username": username, "password": password}
        answer = self.call("POST", "/token", form=form, kind="write")
        if answer:
            self.token = answer.body["access_token"]
        return answer is not None
