"""Checks that OAuth2 client libraries work with Cloakroom unchanged: oauthlib and Authlib log in, renew, revoke,
introspect and get tokens for machines. Called by interop.sh."""

import os
import sys

import jwt
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from interop import KEY, Cloakroom, report
from oauthlib.oauth2 import BackendApplicationClient, InvalidGrantError, LegacyApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

SCOPE = ["me", "items", "offline_access"]
JOHN = {"username": "johndoe", "password": "secret"}


def refused(call, *errors):
    """Whether a call ends with one of these errors."""
    try:
        call()
    except errors:
        return True
    return False


def oauthlib_as_a_public_client(cloakroom):
    token_url = cloakroom.url + "/token"
    session = OAuth2Session(client=LegacyApplicationClient(client_id="any", scope=SCOPE))
    first = dict(session.fetch_token(token_url, **JOHN))
    yield "oauthlib logs in to stay signed in", "refresh_token" in first, first
    user = session.get(cloakroom.url + "/users/me")
    yield "its session reads /users/me", user.json()["username"] == "johndoe", user.text
    second = dict(session.refresh_token(token_url))
    changed = all(first[name] != second[name] for name in ("access_token", "refresh_token"))
    yield "it renews the session, and both tokens are new", changed, second
    yield "with the same scopes", sorted(second["scope"]) == sorted(first["scope"]), second
    user = session.get(cloakroom.url + "/users/me")
    yield "the new token reads /users/me", user.status_code == 200, user.text
    url, headers, body = session._client.prepare_token_revocation_request(
        cloakroom.url + "/revoke", second["refresh_token"], "refresh_token"
    )
    answer = session.request("POST", url, headers=headers, data=body, withhold_token=True)
    yield "it revokes the refresh token", (answer.status_code, answer.text) == (200, ""), answer.text
    user = session.get(cloakroom.url + "/users/me")
    yield "the access token of that session is refused", user.status_code == 401, user.text
    ended = refused(lambda: session.refresh_token(token_url), InvalidGrantError)
    yield "so is the refresh token, as oauthlib's InvalidGrantError", ended, ""


def oauthlib_as_a_machine(cloakroom):
    client_id, secret = cloakroom.add_client("oauthlib", "items")
    session = OAuth2Session(client=BackendApplicationClient(client_id=client_id))
    token = session.fetch_token(cloakroom.url + "/token", auth=HTTPBasicAuth(client_id, secret))
    yield "oauthlib gets a token for a machine", token["token_type"] == "bearer", token
    yield "it has no refresh token", "refresh_token" not in token, token
    answer = session.get(cloakroom.url + "/status")
    yield "it reads /status", answer.status_code == 200, answer.text
    yield "PyJWT reads the client's id in it", jwt.decode(token["access_token"], KEY, ["HS256"])["sub"] == client_id, token


def authlib_as_a_confidential_client(cloakroom):
    client_id, secret = cloakroom.add_client("authlib", "items")
    token_url, introspect_url = cloakroom.url + "/token", cloakroom.url + "/introspect"
    session = AuthlibSession(client_id, secret, scope=" ".join(SCOPE))
    first = dict(session.fetch_token(token_url, grant_type="password", **JOHN))
    yield "Authlib logs in, with the client's secret by HTTP Basic", "refresh_token" in first, first
    told = session.introspect_token(introspect_url, token=first["access_token"]).json()
    yield "it introspects the access token", told["active"] and told["username"] == "johndoe", told
    promised = {"active", "scope", "username", "sub", "token_type", "exp", "iat", "jti", "sid"}
    yield "with the promised members", promised <= set(told), told
    second = dict(session.refresh_token(token_url, refresh_token=first["refresh_token"]))
    yield "it renews the session", second["refresh_token"] != first["refresh_token"], second
    answer = cloakroom.send(
        "/token", data=f"grant_type=refresh_token&refresh_token={second['refresh_token']}".encode()
    )
    yield "nobody else renews it", answer[1].get("error") == "invalid_grant", answer
    answer = session.revoke_token(cloakroom.url + "/revoke", token=second["refresh_token"])
    yield "it revokes the refresh token", answer.status_code == 200, answer.text
    told = session.introspect_token(introspect_url, token=second["access_token"]).json()
    yield "the access token is active no more", told == {"active": False}, told
    machine = AuthlibSession(client_id, secret)
    token = machine.fetch_token(token_url, grant_type="client_credentials")
    told = machine.introspect_token(introspect_url, token=token["access_token"]).json()
    yield "it gets a token for a machine, and introspects it", told["active"] and told["sub"] == client_id, told
    wrong = AuthlibSession(client_id, secret[::-1])
    answer = wrong.introspect_token(introspect_url, token=token["access_token"])
    yield "a wrong secret is refused", (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text


if __name__ == "__main__":
    # oauthlib and Authlib insist on HTTPS, and this is a loopback address.
    os.environ |= {"OAUTHLIB_INSECURE_TRANSPORT": "1", "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with Cloakroom.serving(CLOAKROOM__TOKEN__SECRET_KEY=KEY) as server:
        code = report(server, oauthlib_as_a_public_client, oauthlib_as_a_machine, authlib_as_a_confidential_client)
    sys.exit(code)
