"""Lists the public items of a crate from rustdoc's JSON: one line for each, with its members and its traits."""

import json
import sys

document = json.load(open(sys.argv[1]))
index = document["index"]


def item(number):
    return index.get(str(number))


def kind(one):
    return next(iter(one["inner"]))


def body(one):
    return one["inner"][kind(one)]


def is_hidden(one):
    return any("doc(hidden)" in str(attribute) or "Hidden" in str(attribute) for attribute in one["attrs"])


def is_listed(one):
    return one is not None and one["visibility"] == "public" and not is_hidden(one)


def names(numbers, wanted=is_listed, before=""):
    return [before + one["name"] for one in map(item, numbers) if one is not None and wanted(one)]


def implementations(one):
    found = map(item, body(one).get("impls", []))
    return [block["inner"]["impl"] for block in found if block is not None]


def methods(one):
    inherent = (block for block in implementations(one) if block["trait"] is None)
    return [name for block in inherent for name in names(block["items"])]


def traits(one):
    written = (
        block["trait"]["path"].split("::")[-1]
        for block in implementations(one)
        if block["trait"] is not None and not block["is_synthetic"] and block["blanket_impl"] is None
    )
    return sorted(set(written) - {"Debug", "StructuralPartialEq"})


def fields(one):
    shape = body(one)["kind"]
    if not isinstance(shape, dict):
        return []
    numbers = shape["plain"]["fields"] if "plain" in shape else shape["tuple"]
    return names(filter(None, numbers), before=".")


def members(one):
    match kind(one):
        case "enum":
            return names(body(one)["variants"], wanted=lambda variant: not is_hidden(variant)) + methods(one)
        case "struct":
            return fields(one) + methods(one)
        case "trait":
            return names(body(one)["items"], wanted=lambda member: not is_hidden(member))
        case _:
            return []


def exported(module):
    """What a module declares or re-exports from its own crate, with the name that it has there."""
    for one in map(item, body(module)["items"]):
        if not is_listed(one):
            continue
        if kind(one) != "use":
            yield one["name"], one
        elif body(one)["is_glob"] is False and item(body(one)["id"]) is not None:
            yield body(one)["name"], item(body(one)["id"])


def lines(module, path):
    yield f"\n# {path}\n"
    modules = []
    for name, one in sorted(exported(module), key=lambda pair: (kind(pair[1]), pair[0])):
        if is_hidden(one):
            continue
        if kind(one) == "module":
            modules.append((name, one))
            continue
        yield f"{kind(one)} {name}" + "".join(f"\n    {member}" for member in members(one))
        if kind(one) in ("struct", "enum") and traits(one):
            yield "    implements " + ", ".join(traits(one))
    for name, one in modules:
        yield from lines(one, f"{path}::{name}")


root = item(document["root"])
print("\n".join(lines(root, root["name"])).strip())
