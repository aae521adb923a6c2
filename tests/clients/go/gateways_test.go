// Package clients tests the gateway through ADBC's Flight SQL driver in Go. test_go.py starts the gateways and runs it.
package clients

import (
	"context"
	"os"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// told is what the tests are told from outside.
func told(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv("CUBEFLIGHT_TEST_" + name)
	if value == "" {
		t.Fatalf("%s was not told", name)
	}
	return value
}

// open is a connection that is closed with the test.
func open(t *testing.T, options map[string]string) adbc.Connection {
	t.Helper()
	connection, err := tried(t, options)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// tried is the same for logins that may fail.
func tried(t *testing.T, options map[string]string) (adbc.Connection, error) {
	t.Helper()
	database, err := flightsql.NewDriver(memory.DefaultAllocator).NewDatabase(options)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = database.Close() })
	connection, err := database.Open(context.Background())
	if err == nil {
		t.Cleanup(func() { _ = connection.Close() })
	}
	return connection, err
}

// demo is a connection to the demo.
func demo(t *testing.T) adbc.Connection {
	t.Helper()
	return open(t, map[string]string{
		adbc.OptionKeyURI:                   "grpc://" + told(t, "DEMO"),
		flightsql.OptionAuthorizationHeader: "Bearer " + told(t, "TOKEN"),
	})
}

// statement is a statement of a text, closed with the test.
func statement(t *testing.T, connection adbc.Connection, sql string) adbc.Statement {
	t.Helper()
	statement, err := connection.NewStatement()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = statement.Close() })
	if err := statement.SetSqlQuery(sql); err != nil {
		t.Fatal(err)
	}
	return statement
}

// drained drains a reader: its schema, and how many rows there were.
func drained(reader array.RecordReader) (*arrow.Schema, int64, error) {
	defer reader.Release()
	var rows int64
	for reader.Next() {
		rows += reader.RecordBatch().NumRows()
	}
	return reader.Schema(), rows, reader.Err()
}

// texts is every row of a statement as text.
func texts(t *testing.T, statement adbc.Statement) [][]string {
	t.Helper()
	reader, _, err := statement.ExecuteQuery(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return read(t, reader)
}

// read is every row of a reader as text.
func read(t *testing.T, reader array.RecordReader) [][]string {
	t.Helper()
	defer reader.Release()
	found := [][]string{}
	for reader.Next() {
		batch := reader.RecordBatch()
		for row := range int(batch.NumRows()) {
			cells := []string{}
			for _, column := range batch.Columns() {
				cells = append(cells, column.ValueStr(row))
			}
			found = append(found, cells)
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
