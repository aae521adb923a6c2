package clients

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

const flags = "SELECT returnflag, MEASURE(count) AS n FROM sales GROUP BY 1 ORDER BY 1"

// many is every order beside every nation and flag.
const many = `SELECT o.orderkey, o.clerk, f.customer_nation, f.returnflag
	FROM (SELECT orderkey, clerk FROM orders) AS o
	CROSS JOIN (SELECT customer_nation, returnflag FROM sales GROUP BY 1, 2) AS f`

// row is a row of parameters.
func row(flag string, size int64) arrow.RecordBatch {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "flag", Type: arrow.BinaryTypes.String},
		{Name: "size", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	builder.Field(0).(*array.StringBuilder).Append(flag)
	builder.Field(1).(*array.Int64Builder).Append(size)
	return builder.NewRecordBatch()
}

func TestPreparedOrNotTheRowsAreTheSame(t *testing.T) {
	connection := demo(t)
	direct := texts(t, statement(t, connection, flags))
	prepared := statement(t, connection, flags)
	if err := prepared.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if again := texts(t, prepared); len(direct) != 3 || !reflect.DeepEqual(again, direct) {
			t.Errorf("%v is not %v", again, direct)
		}
	}
}

func TestParametersAreBoundAnewForEachRun(t *testing.T) {
	connection := demo(t)
	sql := "SELECT MEASURE(count) FROM sales WHERE returnflag = ? AND part_size <= ?"
	bound := statement(t, connection, sql)
	if err := bound.Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	parameters, err := bound.GetParameterSchema()
	if err != nil {
		t.Fatal(err)
	}
	if parameters.NumFields() != 2 || parameters.Field(1).Type.ID() != arrow.INT64 {
		t.Errorf("%s", parameters)
	}
	for _, flag := range []string{"R", "A", "none"} {
		if err := bound.Bind(context.Background(), row(flag, 25)); err != nil {
			t.Fatal(err)
		}
		written := strings.Replace(strings.Replace(sql, "?", "'"+flag+"'", 1), "?", "25", 1)
		expected := texts(t, statement(t, connection, written))
		if found := texts(t, bound); !reflect.DeepEqual(found, expected) {
			t.Errorf("%s: %v is not %v", flag, found, expected)
		}
	}
}

func TestPartitionsAreReadByAnyConnection(t *testing.T) {
	schema, partitions, affected, err := statement(t, demo(t), flags).ExecutePartitions(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if partitions.NumPartitions != 1 || affected != -1 || schema.NumFields() != 2 {
		t.Fatalf("%d partitions, %d rows, %s", partitions.NumPartitions, affected, schema)
	}
	other := demo(t)
	expected := texts(t, statement(t, other, flags))
	for range 2 {
		reader, err := other.ReadPartition(context.Background(), partitions.PartitionIDs[0])
		if err != nil {
			t.Fatal(err)
		}
		if found := read(t, reader); !reflect.DeepEqual(found, expected) {
			t.Errorf("%v is not %v", found, expected)
		}
	}
}

func TestAMillionRowsArriveWhole(t *testing.T) {
	reader, _, err := statement(t, demo(t), many).ExecuteQuery(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, rows, err := drained(reader); err != nil || rows != 15_000*25*3 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestACancelledStatementEndsAndTheConnectionGoesOn(t *testing.T) {
	connection := demo(t)
	ctx, cancel := context.WithCancel(context.Background())
	reader, _, err := statement(t, connection, many).ExecuteQuery(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !reader.Next() {
		t.Fatal(reader.Err())
	}
	cancel()
	_, rows, err := drained(reader)
	if err == nil {
		t.Errorf("%d more rows came", rows)
	}
	if found := texts(t, statement(t, connection, "SELECT 1 AS one")); !reflect.DeepEqual(found, [][]string{{"1"}}) {
		t.Errorf("%v", found)
	}
}

func TestATimeoutEndsTheStatement(t *testing.T) {
	late := statement(t, demo(t), many)
	if err := late.SetOption(flightsql.OptionTimeoutFetch, "0.00001"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	reader, _, err := late.ExecuteQuery(context.Background())
	if err == nil {
		_, _, err = drained(reader)
	}
	var refusal adbc.Error
	if !errors.As(err, &refusal) || refusal.Code != adbc.StatusTimeout {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	connection := demo(t)
	for sql, expected := range map[string]string{
		"SELECT revenu FROM sales":       "did you mean `revenue`",
		"SELECT MEASURE(count) FROM sal": "there is no table `sal`",
		"SELECT 1 / 0":                   "division by zero",
		"SELEC 1":                        "SELEC",
	} {
		reader, _, err := statement(t, connection, sql).ExecuteQuery(context.Background())
		if err == nil {
			_, _, err = drained(reader)
		}
		var refusal adbc.Error
		if !errors.As(err, &refusal) || refusal.Code != adbc.StatusInvalidArgument {
			t.Errorf("%s: %v", sql, err)
		} else if !strings.Contains(refusal.Msg, expected) {
			t.Errorf("%s: %s", sql, refusal.Msg)
		}
	}
}

func TestNothingWrites(t *testing.T) {
	_, err := statement(t, demo(t), "DELETE FROM orders").ExecuteUpdate(context.Background())
	var refusal adbc.Error
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Msg, "reads only") {
		t.Errorf("%v", err)
	}
}
