"""The OpenAPI description, read for checking: which routes there are and what they answer."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from testbed import places

DOCUMENT: dict[str, Any] = yaml.safe_load((places.ROOT / "mgmt" / "openapi.yaml").read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]

_METHODS = {"get", "post", "put", "patch", "delete"}
_URI = "urn:framegate:openapi"
_REGISTRY: Registry[Any] = Registry().with_resource(
    _URI, Resource(contents=DOCUMENT, specification=DRAFT202012)
)


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """Follows a `$ref` within the document."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


class Route(NamedTuple):
    """One operation as far as the dispatch knows it."""

    method: str
    path: str
    role: str
    slow: bool
    body: bool
    changes: bool


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of all operations."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def routes() -> set[Route]:
    """Everything that is described, paths as the gateway lists them."""
    return {
        Route(
            method.upper(),
            f"/api/v1{path}",
            operation["x-role"],
            operation.get("x-slow", False),
            "requestBody" in operation,
            method != "get" and not operation.get("x-looks", False),
        )
        for path, method, operation in operations()
    }


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Checks against a schema of the document, formats too."""
    absolute = {"$ref": f"{_URI}{schema['$ref']}"} if "$ref" in schema else schema
    return Draft202012Validator(
        absolute, registry=_REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def answer(path: str, method: str, status: int) -> Draft202012Validator:
    """What the description promises for one answer; `path` as written there."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    response = resolve(responses.get(str(status), responses["default"]))
    return validator(response["content"]["application/json"]["schema"])
