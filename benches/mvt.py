"""Reads vector tiles (MVT 2.1), so that two servers can be held against each other."""

import struct


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def fields(data):
    """The fields of a protobuf message: number and value."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = data[at : at + size], at + size
        yield tag >> 3, value


def value_of(message):
    for field, value in fields(message):
        if field == 1:
            return value.decode()
        if field in (2, 3):
            return struct.unpack("<f" if field == 2 else "<d", value)[0]
        return value >> 1 ^ -(value & 1) if field == 6 else value
    return None


def numbers(packed):
    at = 0
    while at < len(packed):
        number, at = varint(packed, at)
        yield number


def layers(tile):
    """Layer name → feature id → (properties, geometry as it stands in the tile)."""
    found = {}
    for field, layer in fields(tile):
        if field == 3:
            name, features = read_layer(layer)
            found[name] = features
    return found


def read_layer(layer):
    name, keys, values, raw = "", [], [], []
    for field, value in fields(layer):
        if field == 1:
            name = value.decode()
        elif field == 2:
            raw.append(value)
        elif field == 3:
            keys.append(value.decode())
        elif field == 4:
            values.append(value_of(value))
    features = {}
    for message in raw:
        parts = dict(fields(message))
        tags = list(numbers(parts.get(2, b"")))
        properties = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2])}
        features[parts.get(1)] = (properties, tuple(numbers(parts[4])))
    return name, features


def place(geometry):
    """A point's place in its tile."""
    return [number >> 1 ^ -(number & 1) for number in geometry[1:]]


def apart(a, b):
    """How many units of the tile two points lie apart, at most along an axis."""
    return max(abs(p - q) for p, q in zip(place(a), place(b)))


def at_edge(geometry, extent=4096):
    """Whether a point lies on the edge of its tile, or beyond it."""
    return not all(0 < number < extent for number in place(geometry))
