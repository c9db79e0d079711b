"""The OpenAPI document, built from the operations that answer."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from monitor.web.api.fields import Field
from monitor.web.api.operations import Operation
from monitor.web.api.problems import MEDIA_TYPE
from monitor.web.api.schemas import SCHEMAS, named

PREFIX = "/api/v1"

_ABOUT = (
    "What an organisation must make public by law and by when, what was posted, and how it stands: all that the "
    "command line does. Sentences come in Mongolian or English by `Accept-Language`. Reads have an `ETag`. Lists "
    "come in pages: the header `Link` with `rel=next` names the next one."
)
_READ_REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WRITE_REFUSALS = (
    *_READ_REFUSALS,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def document_of(operations: Iterable[Operation]) -> dict[str, Any]:
    """All that can be done, in OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "iltod", "version": version("iltod"), "description": _ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made by `iltod token add`."}
            },
        },
    }


def _operation(each: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _id(each),
        "summary": each.about,
        "description": f"The token must be one that may {each.right}.",
        "parameters": [*_path_parameters(each.path), *map(_query_parameter, each.query)],
        "responses": _responses(each),
    }
    if each.body:
        described["requestBody"] = {"required": True, "content": _body(each)}
    return described


def _id(each: Operation) -> str:
    return "_".join((each.method.lower(), *re.findall(r"\w+", each.path)))


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameter(field: Field) -> dict[str, Any]:
    schema = {"type": "array", "items": field.kind.schema} if field.many else field.kind.schema
    return {
        "name": field.name,
        "in": "query",
        "description": field.about,
        "required": field.needed,
        "schema": schema,
    }


def _body(each: Operation) -> dict[str, Any]:
    """As JSON, or, where a file may come along, as a form of the same values."""
    schema = _object_of(each.body)
    content = {"application/json": {"schema": schema}}
    if each.takes_file:
        file = {"type": "string", "format": "binary", "description": "What backs it."}
        properties = {**schema["properties"], "file": file}
        content["multipart/form-data"] = {"schema": {**schema, "properties": properties}}
    return content


def _object_of(fields: Iterable[Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {each.name: {**each.kind.schema, "description": each.about} for each in fields},
        "required": [each.name for each in fields if each.needed],
        "additionalProperties": False,
    }


def _responses(each: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {
        "description": "Done.",
        "content": {each.media_type: {"schema": each.schema}},
    }
    refusals = _WRITE_REFUSALS if each.body or each.method != "GET" else _READ_REFUSALS
    found = {"200": _with_headers(each, done), **{str(int(status)): _refusal(status) for status in refusals}}
    if each.creates:
        found["201"] = {**done, "description": "Recorded; 200 where it stood already."}
    if each.method == "GET":
        found["304"] = {"description": "The very answer whose `ETag` was sent as `If-None-Match`."}
    return found


def _with_headers(each: Operation, done: Mapping[str, Any]) -> Mapping[str, Any]:
    if each.method != "GET":
        return done
    headers = {"ETag": {"schema": {"type": "string"}}}
    if each.is_paged:
        headers["Link"] = {"schema": {"type": "string"}}
    return {**done, "headers": headers}


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    return {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": named("Problem")}}}
