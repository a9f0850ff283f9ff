"""Logging in over HTTP."""

from .conftest import CONNECTIONS, PASSWORD, Api

LOGIN = "/api/auth/login"


async def test_a_login_answers_a_token_that_opens_the_rest(api: Api) -> None:
    await api.token("operator")
    answer = await api.ask("POST", LOGIN, None, json={"username": "operator-user", "password": PASSWORD})
    assert answer.status == 200
    assert answer.body.keys() == {"accessToken", "tokenType", "expiresIn", "refreshToken", "refreshExpiresIn"}
    assert (answer.body["tokenType"], answer.body["expiresIn"]) == ("Bearer", 900)
    headers = {"Authorization": f"Bearer {answer.body['accessToken']}"}
    assert (await api.ask("GET", CONNECTIONS, None, headers=headers)).status == 200


async def test_wrong_and_unknown_get_the_same_answer(api: Api) -> None:
    await api.token("operator")
    bodies = []
    for username in ("operator-user", "nobody"):
        answer = await api.ask("POST", LOGIN, None, json={"username": username, "password": "wrong password"})
        assert answer.is_problem(401, "Not logged in")
        bodies.append(answer.body | {"requestId": ""})
    assert bodies[0] == bodies[1]


async def test_guessing_is_slowed_down_and_told_when_to_come_back(api: Api) -> None:
    for attempt in range(5):
        body = {"username": "admin", "password": f"guess {attempt}"}
        assert (await api.ask("POST", LOGIN, None, json=body)).status == 401
    answer = await api.ask("POST", LOGIN, None, json={"username": "admin", "password": "x"})
    assert answer.is_problem(429, "Rate limit exceeded")
    assert 0 < int(answer.headers["Retry-After"]) <= 12
