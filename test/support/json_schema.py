"""The part of JSON Schema that docs/schemas uses: type, required, properties, additionalProperties, items, enum,
const, pattern. A schema with another word is refused, so that nothing in it goes unchecked."""
import re

WORDS = {'type', 'required', 'properties', 'additionalProperties', 'items', 'enum', 'const', 'pattern'}
NOTES = {'$schema', 'title', 'description'}
TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'integer': int, 'null': type(None)}


def is_of(value, kind):
    return isinstance(value, TYPES[kind]) and not (kind == 'integer' and isinstance(value, bool))


def object_faults(value, schema, where):
    for name in schema.get('required', []):
        if name not in value:
            yield f'{where}: lacks "{name}"'
    known, rest = schema.get('properties', {}), schema.get('additionalProperties', True)
    for name, member in value.items():
        inner = known.get(name, rest)
        if inner is False:
            yield f'{where}: "{name}" is not expected'
        elif inner is not True:
            yield from faults(member, inner, f'{where}.{name}')


def faults(value, schema, where='$'):
    """What is wrong with the value, a sentence each."""
    if unknown := schema.keys() - WORDS - NOTES:
        raise ValueError(f'{where}: the validator does not know {sorted(unknown)}')
    kinds = schema.get('type', [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        yield f'{where}: {value!r} is not {" or ".join(kinds)}'
        return
    if 'const' in schema and value != schema['const']:
        yield f'{where}: {value!r} is not {schema["const"]!r}'
    if 'enum' in schema and value not in schema['enum']:
        yield f'{where}: {value!r} is none of {schema["enum"]}'
    if 'pattern' in schema and isinstance(value, str) and not re.search(schema['pattern'], value):
        yield f'{where}: {value!r} does not match {schema["pattern"]}'
    if isinstance(value, dict):
        yield from object_faults(value, schema, where)
    if isinstance(value, list) and 'items' in schema:
        for place, one in enumerate(value):
            yield from faults(one, schema['items'], f'{where}[{place}]')


def self_test():
    """The validator itself refuses what it should."""
    schema = {'type': 'object', 'required': ['a'], 'additionalProperties': False, 'properties': {
        'a': {'type': ['integer', 'null']}, 'b': {'type': 'array', 'items': {'enum': ['x']}},
        'c': {'const': 1}, 'd': {'type': 'string', 'pattern': '^x'}}}
    for value, count in (({'a': 1}, 0), ({'a': None, 'b': ['x'], 'c': 1, 'd': 'xy'}, 0), ({}, 1), ([], 1), ({'a': True}, 1),
                         ({'a': '1'}, 1), ({'a': 1, 'b': ['x', 'y']}, 1), ({'a': 1, 'c': 2}, 1), ({'a': 1, 'd': 'yx'}, 1),
                         ({'a': 1, 'e': 1}, 1)):
        assert len(list(faults(value, schema))) == count, value
    try:
        list(faults(1, {'minimum': 0}))
    except ValueError:
        return
    raise AssertionError('an unknown word is not refused')
