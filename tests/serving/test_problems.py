"""Problem details: each kind has its own name and a status that says what it is."""

import json
from http import HTTPStatus

import pytest

from inkling.serving import problems
from inkling.serving.problems import Problem, ProblemError, problem_of_status, respond

STATUSES = {
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "not-an-image": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "unreadable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid-request": HTTPStatus.UNPROCESSABLE_ENTITY,
    "too-slow": HTTPStatus.REQUEST_TIMEOUT,
    "busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "not-found": HTTPStatus.NOT_FOUND,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "corrections-off": HTTPStatus.FORBIDDEN,
    "corrections-full": HTTPStatus.INSUFFICIENT_STORAGE,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}


def test_each_problem_has_its_status() -> None:
    assert {problem.name: problem.status for problem in problems.ALL} == STATUSES
    assert len({problem.title for problem in problems.ALL}) == len(STATUSES)


@pytest.mark.parametrize("problem", problems.ALL)
def test_a_response_is_the_problem_as_json(problem: Problem) -> None:
    response = respond(problem, "why", headers={"Retry-After": "1"}, errors=[{"where": "x"}])
    assert response.status_code == problem.status
    assert response.media_type == "application/problem+json"
    assert response.headers["retry-after"] == "1"
    assert json.loads(response.body) == {
        "type": f"/docs#{problem.name}", "title": problem.title, "status": problem.status,
        "detail": "why", "errors": [{"where": "x"}],
    }  # fmt: skip


def test_an_error_becomes_its_response() -> None:
    plain = ProblemError(problems.BUSY, "why")
    assert plain.headers == {}
    assert "errors" not in json.loads(plain.response().body)
    told = ProblemError(problems.BUSY, "why", headers=problems.RETRY_AFTER, errors=[{"where": "x"}])
    assert told.response().headers["retry-after"] == "1"
    assert json.loads(told.response().body)["errors"] == [{"where": "x"}]


@pytest.mark.parametrize(
    ("status", "name", "title"),
    [
        (404, "not-found", "Not found"),
        (405, "method-not-allowed", "Method not allowed"),
        (418, "", "I'm a Teapot"),
        (599, "", "Error"),
    ],
)
def test_a_status_of_the_framework_has_its_problem(status: int, name: str, title: str) -> None:
    found = problem_of_status(status)
    assert (found.status, found.name, found.title) == (status, name, title)
    kind = f"/docs#{name}" if name else "about:blank"
    assert found.body("why")["type"] == kind


def test_faults_are_described_by_their_place() -> None:
    errors = [{"loc": ("a", 0), "msg": "bad"}, {"loc": (), "msg": "worse"}]
    assert problems.describe_errors(errors, ("body",)) == [
        {"where": "body.a.0", "what": "bad"},
        {"where": "body", "what": "worse"},
    ]
