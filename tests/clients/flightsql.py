"""Flight SQL's messages, written and read by hand: protobuf's wire format without a library."""

PREFIX = "type.googleapis.com/arrow.flight.protocol.sql."


def varint(number):
    """A number in groups of seven bits."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    """A field: numbers and truths as varints, the rest with its length, nothing for None, a list repeats it."""
    if value is None:
        return b""
    if isinstance(value, list):
        return b"".join(field(number, item) for item in value)
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def message(*values):
    """A message whose fields are numbered from 1."""
    return b"".join(field(number, value) for number, value in enumerate(values, 1))


def command(name, *values):
    """A message of Flight SQL in its `Any`."""
    return message(PREFIX + name, message(*values))


def fields(data):
    """The fields of a message: by number, a list of what was there."""
    found = {}
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            assert key & 7 == 2, f"wire type {key & 7}"
            length = number()
            value = data[at : at + length]
            at += length
        found.setdefault(key >> 3, []).append(value)
    return found


def unwrapped(data, name):
    """The fields of the message that an `Any` holds."""
    outer = fields(data)
    assert outer[1] == [(PREFIX + name).encode()]
    return fields(outer.get(2, [b""])[0])


def query(sql):
    """Asks for the rows of a statement."""
    return command("CommandStatementQuery", sql)


def prepared_query(handle):
    """Asks for the rows of a prepared statement."""
    return command("CommandPreparedStatementQuery", handle)


def tables(catalog=None, schema=None, table=None, types=None, include_schema=None):
    """Asks for tables."""
    return command("CommandGetTables", catalog, schema, table, types, include_schema)
