"""A Flight caller with a token: the calls that Flight SQL is made of, one method each."""

import pyarrow.flight as flight

import flightsql


class Caller:
    """A connection and what it sends with every call."""

    def __init__(self, url, token):
        self.client = flight.connect(url)
        headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
        self.options = flight.FlightCallOptions(headers=headers, timeout=60)

    def info(self, command):
        """GetFlightInfo."""
        return self.client.get_flight_info(flight.FlightDescriptor.for_command(command), self.options)

    def schema(self, command):
        """GetSchema."""
        return self.client.get_schema(flight.FlightDescriptor.for_command(command), self.options).schema

    def redeem(self, ticket):
        """DoGet."""
        return self.client.do_get(flight.Ticket(ticket), self.options).read_all()

    def rows(self, command):
        """GetFlightInfo, then DoGet."""
        info = self.info(command)
        [endpoint] = info.endpoints
        return self.redeem(endpoint.ticket.ticket)

    def ticket(self, sql):
        """The ticket of a statement."""
        return self.info(flightsql.query(sql)).endpoints[0].ticket.ticket

    def act(self, action, body):
        """DoAction; the body of its only result, or None."""
        results = list(self.client.do_action(flight.Action(action, body), self.options))
        assert len(results) <= 1
        return results[0].body.to_pybytes() if results else None

    def prepared(self, sql):
        """The handle of a prepared statement."""
        body = self.act("CreatePreparedStatement", flightsql.command("ActionCreatePreparedStatementRequest", sql))
        return flightsql.unwrapped(body, "ActionCreatePreparedStatementResult")[1][0]

    def put(self, command, batch):
        """DoPut; what the server answers."""
        descriptor = flight.FlightDescriptor.for_command(command)
        writer, reader = self.client.do_put(descriptor, batch.schema, self.options)
        with writer:
            writer.write_batch(batch)
            writer.done_writing()
            return reader.read().to_pybytes()

    def bind(self, handle, batch):
        """DoPut of parameters; the handle that holds them."""
        answer = self.put(flightsql.prepared_query(handle), batch)
        return flightsql.fields(answer)[1][0]
