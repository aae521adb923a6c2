package clients

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// wanted is a reader of ship modes with a weight each, a batch for every one.
func wanted(t *testing.T, modes ...string) array.RecordReader {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "shipmode", Type: arrow.BinaryTypes.String},
		{Name: "weight", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	var batches []arrow.RecordBatch
	for at, mode := range modes {
		builder.Field(0).(*array.StringBuilder).Append(mode)
		builder.Field(1).(*array.Int64Builder).Append(int64(at + 1))
		batches = append(batches, builder.NewRecordBatch())
	}
	reader, err := array.NewRecordReader(schema, batches)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

func ingest(t *testing.T, connection adbc.Connection, mode string, rows array.RecordReader) (int64, error) {
	t.Helper()
	ingesting := statement(t, connection, "")
	for key, value := range map[string]string{
		adbc.OptionKeyIngestTargetTable: "wanted",
		adbc.OptionKeyIngestMode:        mode,
		adbc.OptionValueIngestTemporary: adbc.OptionValueEnabled,
	} {
		if err := ingesting.SetOption(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := ingesting.BindStream(context.Background(), rows); err != nil {
		t.Fatal(err)
	}
	return ingesting.ExecuteUpdate(context.Background())
}

func TestAListIsJoinedWithACube(t *testing.T) {
	connection := demo(t)
	if rows, err := ingest(t, connection, adbc.OptionValueIngestModeCreate, wanted(t, "AIR", "RAIL")); rows != 2 || err != nil {
		t.Fatal(rows, err)
	}
	modes := "SELECT MEASURE(count) FROM sales WHERE shipmode IN ('AIR', 'RAIL') GROUP BY shipmode ORDER BY shipmode"
	joined := "SELECT MEASURE(s.count) FROM sales s JOIN wanted w ON w.shipmode = s.shipmode GROUP BY w.weight ORDER BY w.weight"
	expected := texts(t, statement(t, connection, modes))
	if found := texts(t, statement(t, connection, joined)); len(found) != 2 || !reflect.DeepEqual(found, expected) {
		t.Errorf("%v is not %v", found, expected)
	}
	if rows, err := ingest(t, connection, adbc.OptionValueIngestModeAppend, wanted(t, "SHIP")); rows != 1 || err != nil {
		t.Fatal(rows, err)
	}
	if found := texts(t, statement(t, connection, "SELECT COUNT(*) FROM wanted")); found[0][0] != "3" {
		t.Errorf("%v", found)
	}
	if _, err := ingest(t, connection, adbc.OptionValueIngestModeCreate, wanted(t, "AIR")); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
}

// The driver loses the headers of a stream now and then, and with them its session.
func TestASessionIsNeverLostWithTheEndOfAStream(t *testing.T) {
	for range 50 {
		connection := demo(t)
		if _, err := ingest(t, connection, adbc.OptionValueIngestModeCreate, wanted(t, "AIR")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if found := texts(t, statement(t, connection, "SELECT shipmode FROM wanted")); found[0][0] != "AIR" {
				t.Fatalf("%v", found)
			}
		}
	}
}
