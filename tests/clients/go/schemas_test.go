package clients

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
)

// The statements that the gateway's own tests generate.
const statements = "../../fixtures/statements.sql"

// TestSchemas asks for the schema of each statement and for its rows, prepared and not. The driver itself refuses a
// stream whose schema is not the announced one.
func TestSchemas(t *testing.T) {
	data, err := os.ReadFile(statements)
	if err != nil {
		t.Fatal(err)
	}
	asked := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(asked) < 300 {
		t.Fatalf("only %d statements", len(asked))
	}
	connection := demo(t)
	t.Run("each", func(t *testing.T) {
		for _, sql := range asked {
			t.Run(sql, func(t *testing.T) {
				t.Parallel()
				direct := schemas(t, statement(t, connection, sql))
				again := statement(t, connection, sql)
				if err := again.Prepare(context.Background()); err != nil {
					t.Fatal(err)
				}
				prepared := schemas(t, again)
				if !direct.Equal(prepared) {
					t.Errorf("prepared:\n%s\nnot prepared:\n%s", prepared, direct)
				}
			})
		}
	})
}

// schemas is the schema of a statement, announced and streamed.
func schemas(t *testing.T, statement adbc.Statement) *arrow.Schema {
	t.Helper()
	announced, err := statement.(adbc.StatementExecuteSchema).ExecuteSchema(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	reader, _, err := statement.ExecuteQuery(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	streamed, _, err := drained(reader)
	if err != nil {
		t.Fatal(err)
	}
	if !announced.Equal(streamed) {
		t.Errorf("announced:\n%s\nstreamed:\n%s", announced, streamed)
	}
	return announced
}
